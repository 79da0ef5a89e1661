//! The transports together with a session: a reading is recorded, traced and played back, and the PC/SC service answers
//! or says how to start it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that meets the unexpected should end there, and says what it skipped"
)]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::session::Plan;
use reader_core::transport::{Recorded, Replayed, Traced, Transcript};
use simulated::{SimulatedTransport, card, keys, read};
use test_vectors::chip::Fault;

#[test]
fn a_recorded_reading_plays_back_to_the_same_capture() {
    for (name, fault) in [("good", None), ("good-bac", None), ("good", Some(Fault::CaWrongKey))] {
        let mut transport = SimulatedTransport::new(card(name));
        if let Some(fault) = fault {
            transport.chip.misbehave(fault);
        }
        let first = read(Recorded::new(transport), &keys(name), &Plan::default());
        let (_, transcript) = first.transport.finish();
        let text = transcript.to_text();
        let second =
            read(Replayed::new(Transcript::from_text(&text).unwrap()), &keys(name), &Plan::default());
        assert_eq!(second.ended, first.ended);
        assert_eq!(second.capture, first.capture);
        assert_eq!(second.transport.left(), 0);
    }
}

#[test]
fn a_recording_gives_nothing_to_another_number() {
    let first = read(Recorded::new(SimulatedTransport::new(card("good"))), &keys("good"), &Plan::default());
    let (_, transcript) = first.transport.finish();
    let second = read(Replayed::new(transcript), &keys("good-bac"), &Plan::default());
    assert!(second.ended.is_some());
    assert!(second.capture.pace.is_some_and(|trace| trace != reader_core::capture::AccessTrace::Opened));
}

#[test]
fn a_trace_counts_what_the_session_counts() {
    let mut events = Vec::new();
    let mut now_us = 0;
    let clock = || {
        now_us += 1000;
        now_us
    };
    let traced = Traced::new(SimulatedTransport::new(card("good")), clock, |event| events.push(event));
    let reading = read(traced, &keys("good"), &Plan::default());
    let exchanges = reading.exchanges;
    drop(reading.transport);
    assert_eq!(events.len(), exchanges.len());
    for (event, exchange) in events.iter().zip(&exchanges) {
        assert_eq!(event.command_bytes, exchange.command_bytes);
        assert_eq!(event.response_bytes, exchange.response_bytes);
        assert_eq!(event.elapsed_us, 1000);
        assert!(event.header.len() == 4 && event.error.is_none());
    }
    assert_eq!(events[0].header, [0x00, 0xB0, 0x9C, 0x00]);
}

#[cfg(feature = "pcsc")]
mod pcsc {
    use std::net::{Ipv4Addr, SocketAddr};

    use reader_core::session::{AccessKey, Plan, read_chip};
    use reader_core::transport::pcsc::{CardEvent, PcscService};
    use reader_core::transport::{Limits, Transport, TransportError};
    use test_vectors::chip::Chip;
    use test_vectors::vpcd::{Inserted, SECOND_PORT};

    use super::simulated::{SeededEntropy, card, keys, quiet};

    /// The service, or `None` where it does not run: then its error must say how to start it.
    fn service() -> Option<PcscService> {
        match PcscService::connect() {
            Ok(service) => Some(service),
            Err(TransportError::NoService) => {
                assert!(TransportError::NoService.to_string().contains("start"));
                assert!(std::env::var_os("REQUIRE_PCSC").is_none(), "no PC/SC service");
                println!("skipped, data not present: a PC/SC service");
                None
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A card in the second virtual reader; the first is left to whoever tries the program by hand.
    fn insert(name: &str) -> Option<(PcscService, String, Inserted)> {
        let service = service()?;
        let Some(reader) = service
            .readers()
            .unwrap()
            .into_iter()
            .map(|reader| reader.name)
            .find(|name| name.contains("Virtual PCD") && name.ends_with("01"))
        else {
            println!("skipped, data not present: the virtual reader of vsmartcard-vpcd");
            return None;
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, SECOND_PORT));
        let inserted = Inserted::new(address, Chip::new(card(name), 7)).unwrap();
        let mut events = service.events();
        for _ in 0..20 {
            match events.next(Some(1000)).unwrap() {
                Some(CardEvent::CardPlaced { reader: at, .. }) if at == reader => {
                    return Some((service, reader, inserted));
                }
                _ => {}
            }
        }
        panic!("no card was seen in {reader}");
    }

    #[test]
    fn an_unknown_reader_is_answered_with_those_that_are_there() {
        let Some(service) = service() else { return };
        match service.find("no reader has this name") {
            Err(error @ TransportError::NoSuchReader { .. }) => {
                assert!(error.to_string().contains("no reader has this name"));
            }
            other => panic!("{:?}", other.map(|reader| reader.name)),
        }
    }

    #[test]
    fn a_wait_is_cancelled_from_another_thread() {
        let Some(service) = service() else { return };
        let mut events = service.events();
        while events.next(Some(0)).unwrap().is_some() {}
        let canceller = events.canceller();
        let waiting = std::thread::Builder::new()
            .name("waiting".to_owned())
            .spawn(move || {
                loop {
                    if let Err(error) = events.next(None) {
                        return error;
                    }
                }
            })
            .unwrap();
        while !waiting.is_finished() {
            canceller.cancel().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(waiting.join().unwrap(), TransportError::Cancelled);
    }

    #[test]
    fn a_card_is_read_through_the_service_and_its_leaving_is_seen() {
        let Some((service, reader, inserted)) = insert("good") else { return };
        let mut connected = service.open(&reader, Limits::SHORT).unwrap();
        assert!(connected.atr().starts_with(&[0x3B]));
        let wrong = [AccessKey::can("000000").unwrap()];
        let reading = read_chip(
            connected.begin().unwrap(),
            &wrong,
            &Plan::default(),
            &mut SeededEntropy(1),
            &mut quiet,
        );
        assert!(reading.ended.unwrap().to_string().contains("not this card's"));
        let mut transport = reading.transport;
        assert_eq!(transport.reset(), Ok(true));
        let reading =
            read_chip(transport, &keys("good"), &Plan::default(), &mut SeededEntropy(1), &mut quiet);
        assert_eq!(reading.ended, None);
        let mut transport = reading.transport;
        let _ = inserted.remove();
        let lost =
            read_chip(&mut transport, &keys("good"), &Plan::default(), &mut SeededEntropy(1), &mut quiet);
        match lost.ended {
            Some(reader_core::session::Cause::Transport(error)) => assert!(error.is_card(), "{error:?}"),
            other => panic!("{other:?}"),
        }
    }
}
