//! The published transcripts, replayed on this side alone with the examples' own random numbers.

use test_vectors::vector::{self, Vector};

use super::*;
use crate::capture::ActiveAuthenticationTrace;
use crate::channel::SendSequenceCounter;
use crate::crypto::kdf::SessionKeys;
use crate::crypto::secret::{EntropyError, Secret};
use crate::lds::security_infos::SecurityInfos;
use crate::transport::{Limits, Replayed, Transcript};
use crate::wire::tlv::encode;

/// Gives the numbers of an example, in their order, and fails when more are drawn.
pub(super) struct Fixed(std::collections::VecDeque<Vec<u8>>);

impl Fixed {
    pub(super) fn new<const N: usize>(draws: [Vec<u8>; N]) -> Self {
        Self(draws.into())
    }
}

impl Entropy for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        let draw = self.0.pop_front().ok_or(EntropyError)?;
        assert_eq!(draw.len(), out.len());
        out.copy_from_slice(&draw);
        Ok(())
    }
}

fn suite(name: &str) -> CipherSuite {
    match name {
        "3des" => CipherSuite::TripleDes,
        "aes-128" => CipherSuite::Aes128,
        "aes-192" => CipherSuite::Aes192,
        "aes-256" => CipherSuite::Aes256,
        other => panic!("{other}"),
    }
}

/// The channel that a vector describes, in its table `at` if it has one.
fn channel(vector: &Vector, at: &str) -> Idle {
    let field = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let suite = suite(vector.text(&field("cipher")));
    let secret = |name: &str| Secret::new(vector.hex(&field(name)));
    let keys = SessionKeys { suite, enc: secret("ks_enc"), mac: secret("ks_mac") };
    Idle::new(keys, SendSequenceCounter::from_bytes(suite, &vector.hex(&field("ssc"))).unwrap())
}

pub(super) fn replay(exchanges: Vec<(Vec<u8>, Vec<u8>)>) -> Replayed {
    Replayed::new(Transcript { exchanges })
}

pub(super) fn ok() -> Vec<u8> {
    vec![0x90, 0x00]
}

/// Both channels protect the same command into the same bytes: their keys and counters agree.
pub(super) fn same_channel(one: Idle, other: Idle) {
    let command = Command::new(0x00, 0xB0, 0x9E, 0x00).with_data([1, 2, 3]).expecting(4);
    let protect = |idle: Idle| idle.protect(&command, LengthForm::Short).unwrap().0;
    assert_eq!(protect(one), protect(other));
}

#[test]
fn bac_opens_the_channel_of_the_worked_example() {
    let vector = vector::load("bac/worked_example");
    let transcript = replay(vec![
        (select_application().encode(LengthForm::Short).unwrap(), ok()),
        (vec![0x00, 0x84, 0x00, 0x00, 0x08], [vector.hex("rnd_ic"), ok()].concat()),
        (vector.hex("external_authenticate"), [vector.hex("response_data"), ok()].concat()),
    ]);
    let key = AccessKey::mrz("L898902C<", "690806", "940623").unwrap();
    let mut entropy = Fixed::new([vector.hex("rnd_ifd"), vector.hex("k_ifd")]);
    let session = ChipSession::new(transcript, 1000).bac(&key, &mut entropy).ok().unwrap();
    assert_eq!(session.link.transport.left(), 0);
    let keys = SessionKeys {
        suite: CipherSuite::TripleDes,
        enc: Secret::new(vector.hex("ks_enc")),
        mac: Secret::new(vector.hex("ks_mac")),
    };
    let counter = SendSequenceCounter::from_bytes(keys.suite, &vector.hex("ssc")).unwrap();
    same_channel(session.state.channel, Idle::new(keys, counter));
}

#[test]
fn bac_refuses_every_changed_byte_of_the_chips_cryptogram() {
    let vector = vector::load("bac/worked_example");
    let key = AccessKey::mrz("L898902C<", "690806", "940623").unwrap();
    for place in 0..40 {
        let mut answer = vector.hex("response_data");
        answer[place] ^= 1;
        let transcript = replay(vec![
            (select_application().encode(LengthForm::Short).unwrap(), ok()),
            (vec![0x00, 0x84, 0x00, 0x00, 0x08], [vector.hex("rnd_ic"), ok()].concat()),
            (vector.hex("external_authenticate"), [answer, ok()].concat()),
        ]);
        let mut entropy = Fixed::new([vector.hex("rnd_ifd"), vector.hex("k_ifd")]);
        let ended = ChipSession::new(transcript, 1000).bac(&key, &mut entropy).err().unwrap();
        assert!(
            matches!(ended.cause, Cause::Access(AccessFailure::Protocol(_))),
            "{place}: {:?}",
            ended.cause
        );
    }
}

fn pace_transcript(vector: &Vector) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut exchanges = vec![(vector.hex("mse_set_at"), ok())];
    for number in 1..=4 {
        let command = vector.hex(&format!("general_authenticate_{number}"));
        // The example prints no Le of its first command's empty template differently: all carry 00.
        exchanges.push((command, vector.hex(&format!("response_{number}"))));
    }
    exchanges
}

fn pace(
    vector: &Vector,
    exchanges: Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<ChipSession<Replayed, Secured>, Ended<Replayed>> {
    let infos = SecurityInfos::parse(&encode(0x31, &vector.hex("pace_info"))).unwrap();
    let offer = PaceOffer::choose(&infos, Limits::SHORT).unwrap();
    let key = AccessKey::mrz_information(vector.text("mrz_information")).unwrap();
    let mut entropy =
        Fixed::new([vector.hex("terminal_map_private"), vector.hex("terminal_ephemeral_private")]);
    ChipSession::new(replay(exchanges), 1000).pace(&offer, &key, &mut entropy)
}

#[test]
fn pace_opens_the_channel_of_the_worked_example() {
    let vector = vector::load("pace/ecdh_gm");
    let session = pace(&vector, pace_transcript(&vector)).map_err(|ended| ended.cause).ok().unwrap();
    assert_eq!(session.link.transport.left(), 0);
    let keys = SessionKeys {
        suite: CipherSuite::Aes128,
        enc: Secret::new(vector.hex("ks_enc")),
        mac: Secret::new(vector.hex("ks_mac")),
    };
    same_channel(session.state.channel, Idle::new(keys, SendSequenceCounter::zero(CipherSuite::Aes128)));
}

/// Replaces the answer to step `number` and says why PACE then fails.
fn pace_with(number: usize, answer: Vec<u8>) -> Cause {
    let vector = vector::load("pace/ecdh_gm");
    let mut exchanges = pace_transcript(&vector);
    exchanges[number].1 = answer;
    pace(&vector, exchanges).err().unwrap().cause
}

pub(super) fn template(tag: u8, value: &[u8]) -> Vec<u8> {
    [encode(0x7C, &encode(u32::from(tag), value)), ok()].concat()
}

#[test]
fn pace_rejects_what_the_standard_tells_to_reject() {
    let vector = vector::load("pace/ecdh_gm");
    let infinity = [0_u8];
    let mut off_curve = vector.hex("chip_map_public");
    *off_curve.last_mut().unwrap() ^= 1;
    let refused = [
        (1, template(0x80, &[0; 8]), "nonce of half a block"),
        (1, template(0x80, &[0; 15]), "nonce of no whole blocks"),
        (1, template(0x80, &[0; 48]), "nonce too long"),
        (1, template(0x80, &[]), "no nonce"),
        (1, template(0x82, &[0; 16]), "another object"),
        (1, [vec![0x7C, 0x00], ok()].concat(), "no object"),
        (1, ok(), "no template"),
        (2, template(0x82, &vector.hex("terminal_map_public")), "own mapping key"),
        (2, template(0x82, &off_curve), "mapping key off the curve"),
        (2, template(0x82, &infinity), "infinity for mapping"),
        (2, template(0x82, &vector.hex("chip_map_public")[..64]), "mapping key cut"),
        (3, template(0x84, &vector.hex("terminal_ephemeral_public")), "own ephemeral key"),
        (3, template(0x84, &off_curve), "ephemeral key off the curve"),
        (3, template(0x84, &infinity), "infinity for agreement"),
        (4, template(0x86, &[0; 8]), "wrong token"),
        (4, template(0x86, &vector.hex("t_ic")[..7]), "token cut"),
        (4, template(0x86, &vector.hex("t_ifd")), "own token"),
    ];
    for (number, answer, what) in refused {
        let cause = pace_with(number, answer);
        // A wrong key or nonce may also show as a command that the recording does not have, but these never get so far.
        assert!(matches!(cause, Cause::Access(AccessFailure::Protocol(_))), "{what}: {cause:?}");
    }
}

#[test]
fn pace_tells_a_wrong_password_from_a_refusal() {
    assert_eq!(pace_with(4, vec![0x63, 0x00]), Cause::Access(AccessFailure::WrongPassword));
    assert_eq!(pace_with(4, vec![0x63, 0xC2]), Cause::Access(AccessFailure::WrongPassword));
    assert_eq!(pace_with(4, vec![0x69, 0x83]), Cause::Access(AccessFailure::Refused(0x6983)));
    assert_eq!(pace_with(0, vec![0x6A, 0x88]), Cause::Access(AccessFailure::Refused(0x6A88)));
    assert_eq!(pace_with(2, vec![0x63, 0x00]), Cause::Access(AccessFailure::Refused(0x6300)));
}

fn session_in(
    vector: &Vector,
    at: &str,
    exchanges: Vec<(Vec<u8>, Vec<u8>)>,
) -> ChipSession<Replayed, Secured> {
    let state = Secured { channel: channel(vector, at), unconfirmed: None };
    ChipSession { link: Link::new(replay(exchanges), 1000), state }
}

fn cases(vector: &Vector, phase: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let cases = vector.cases().into_iter().filter(|case| case.text("phase") == phase);
    cases.map(|case| (case.hex("protected_command"), case.hex("protected_response"))).collect()
}

#[test]
fn chip_authentication_reaches_the_published_keys() {
    for name in ["ca/session_at", "ca/session_my"] {
        let vector = vector::load(name);
        let offer = ChipAuthenticationOffer::choose(&vector.hex("dg14")).unwrap().by(KeyCommand::SetAt);
        let mut entropy = Fixed::new([vector.hex("terminal_private")]);
        let mut exchanges = cases(&vector, "old");
        // The published Le of GENERAL AUTHENTICATE is inside and outside the same; only whole commands are compared.
        exchanges.extend(cases(&vector, "new"));
        let session = session_in(&vector, "before", exchanges);
        let session =
            session.authenticate_chip(&offer, Extended::Allowed, &mut entropy).map_err(|ended| ended.cause);
        let session = session.unwrap_or_else(|cause| panic!("{name}: {cause}"));
        // 9000 confirmed nothing yet.
        assert!(matches!(session.chip_authentication(), Some(ChipAuthenticationTrace::Aborted(_))), "{name}");
        let select = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data([0x01, 0x0E]);
        let (session, response) = session
            .transmit(&select, LengthForm::Short, ChipWork::None)
            .map_err(|ended| ended.cause)
            .ok()
            .unwrap();
        assert_eq!(response.status, StatusWord::OK);
        assert!(
            matches!(session.chip_authentication(), Some(ChipAuthenticationTrace::NewKeysAnswered { public_key, .. })
                if public_key.starts_with(&[0x30, 0x82])),
            "{name}"
        );
        assert_eq!(session.link.transport.left(), 0);
    }
}

#[test]
fn chip_authentication_is_refused_by_an_answer_under_other_keys() {
    let vector = vector::load("ca/session_at");
    let offer = ChipAuthenticationOffer::choose(&vector.hex("dg14")).unwrap();
    let mut exchanges = cases(&vector, "old");
    let (command, _) = cases(&vector, "new").remove(0);
    for answer in [vec![0x69, 0x88], cases(&vector, "old")[0].1.clone()] {
        exchanges.truncate(2);
        exchanges.push((command.clone(), answer));
        let mut entropy = Fixed::new([vector.hex("terminal_private")]);
        let session = session_in(&vector, "before", exchanges.clone());
        let session = session.authenticate_chip(&offer, Extended::Allowed, &mut entropy).ok().unwrap();
        let select = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data([0x01, 0x0E]);
        let ended = session.transmit(&select, LengthForm::Short, ChipWork::None).err().unwrap();
        assert_eq!(ended.chip_authentication(), Some(&ChipAuthenticationTrace::NewKeysRefused));
    }
}

#[test]
fn active_authentication_sends_the_published_command() {
    let vector = vector::load("aa/rsa_session");
    let exchanges = vector
        .cases()
        .iter()
        .map(|case| (case.hex("protected_command"), case.hex("protected_response")))
        .collect();
    let session = session_in(&vector, "", exchanges);
    let challenge: [u8; 8] = vector.hex("challenge").try_into().unwrap();
    let (_, trace) =
        session.authenticate_actively(challenge, &vector.hex("dg15"), &ReadLimits::default()).ok().unwrap();
    let signature = vector.hex("signature");
    assert_eq!(trace, ActiveAuthenticationTrace::Signed { challenge, signature });
}
