//! A process that accepts and delivers is killed at 1,000 seeded random points. Nothing that was accepted is lost, and nothing
//! arrives under two keys.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use terminal_app::connectors::{Surroundings, build_recipient};
use terminal_app::outbox::{Courier, Nudge, Store};

use super::support::{Box, NOW_MS, child, child_settings, record};

/// Kills in all, in how many outboxes one after the other, in how many lanes side by side.
const KILLS: usize = 1_000;
const LANES: usize = 2;
const KILLS_PER_OUTBOX: usize = 50;
/// Verifications that each process accepts before it only delivers.
const PUTS: usize = 2;
const RECIPIENTS: [&str; 2] = ["records", "webhook"];
const SEED: u64 = 1_860;

/// As a process of its own: delivers, and accepts some more meanwhile; ends when nothing waits.
#[test]
fn child_that_delivers() {
    let Some(settings) = child_settings() else { return };
    let variable = |name: &str| std::env::var(name).unwrap();
    let recipient = |id: &&str| {
        let settings = format!(
            "url = \"http://{}/{id}\"\nsecret = {{ env = \"OUTBOX_SECRET\" }}",
            variable("OUTBOX_SERVER")
        );
        build_recipient(id, "webhook", settings.parse().unwrap(), Surroundings::system()).unwrap()
    };
    println!("\nbegun");
    let nudge = Nudge::default();
    let recipients = RECIPIENTS.iter().map(recipient).collect();
    let _courier =
        Courier::start(settings.clone(), recipients, Surroundings::system(), nudge.clone()).unwrap();
    let mut store = Store::open(&settings, NOW_MS).unwrap();
    for _ in 0..variable("OUTBOX_PUTS").parse::<usize>().unwrap() {
        let one = record();
        let accepted = store.accept(&RECIPIENTS.map(|id| (id, one.clone())), NOW_MS).unwrap();
        for (accepted, id) in accepted.iter().zip(RECIPIENTS) {
            // Each line in one piece: the other side believes only whole ones.
            println!("kept {} {id} {} end", one.transaction, accepted.key);
        }
        nudge.give();
    }
    while !store.awaited().unwrap().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    println!("done");
}

/// One arrival: transaction and recipient, and the key that came with it.
type Arrival = ((String, String), String);

/// A server that notes what arrives, some of it slowly, and shares nothing with the program but the socket.
struct Server {
    address: String,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let arrivals = Arc::<Mutex<Vec<Arrival>>>::default();
        let stop = Arc::new(AtomicBool::new(false));
        let (notes, ends) = (Arc::clone(&arrivals), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for (nth, stream) in listener.incoming().enumerate() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), notes) = (stream, Arc::clone(&notes)) else { continue };
                thread::spawn(move || serve(&stream, nth, &notes));
            }
        });
        Self { address, arrivals, stop, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// Notes a request that came whole. One that did not is none.
fn serve(stream: &TcpStream, nth: usize, notes: &Mutex<Vec<Arrival>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let (mut key, mut length) = (None, 0);
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => key = Some(value.to_owned()),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    let transaction = body.split("\"transaction\":\"").nth(1)?.split('"').next()?.to_owned();
    assert!(body.contains("090000001860") && body.ends_with('}'), "{body}");
    notes.lock().unwrap().push(((transaction, path), key?));
    if nth.is_multiple_of(4) {
        thread::sleep(Duration::from_millis(2));
    }
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()
}

/// Numbers that are the same in every run (xorshift64*).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % bound
    }
}

/// What a process said of what it kept, in the order in which it did, up to where it was killed; and whether it ended itself.
fn life(
    outbox: &Box,
    server: &Server,
    puts: usize,
    kill: Option<(&mut Seeded, u64)>,
) -> (Vec<Arrival>, bool) {
    let around = format!(
        "OUTBOX_SECRET='a secret of twenty-four characters' OUTBOX_SERVER={} OUTBOX_PUTS={puts}",
        server.address
    );
    let mut child = child("kill::child_that_delivers", &outbox.settings.folder, &around);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    if let Some((random, span_us)) = kill {
        // One in eight dies before it has said anything, maybe before it is the program at all.
        if random.below(8) > 0 {
            for line in lines.by_ref().map_while(Result::ok) {
                if line == "begun" {
                    break;
                }
            }
        }
        thread::sleep(Duration::from_micros(random.below(span_us)));
        child.kill().unwrap();
    }
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    child.wait().unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
    let kept = said.iter().filter_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["kept", transaction, id, key, "end"] => {
                Some(((transaction.to_owned(), id.to_owned()), key.to_owned()))
            }
            _ => None,
        }
    });
    (kept.collect(), said.iter().any(|line| line == "done"))
}

/// What a lane saw.
#[derive(Default)]
struct Tally {
    killed: usize,
    finished: usize,
    accepted: usize,
    arrivals: usize,
    repeated: usize,
}

fn lane(seed: u64, kills: usize) -> Tally {
    let mut random = Seeded(seed);
    let mut tally = Tally::default();
    while tally.killed < kills {
        let outbox = Box::new("kill");
        let server = Server::start();
        let mut kept: Vec<Arrival> = Vec::new();
        // How long a process takes that nobody kills: kills are spread over that.
        let started = Instant::now();
        let (first, done) = life(&outbox, &server, PUTS, None);
        assert!(done, "it ends by itself");
        kept.extend(first);
        let span_us = u64::try_from(started.elapsed().as_micros()).unwrap();
        for _ in 0..KILLS_PER_OUTBOX.min(kills - tally.killed) {
            let (more, done) = life(&outbox, &server, PUTS, Some((&mut random, span_us)));
            kept.extend(more);
            tally.killed += 1;
            tally.finished += usize::from(done);
        }
        assert!(life(&outbox, &server, 0, None).1, "what is left is delivered");
        let arrivals = server.arrivals.lock().unwrap().clone();
        tally.accepted += kept.len();
        tally.arrivals += arrivals.len();
        tally.repeated += judge(&outbox, &kept, &arrivals);
    }
    tally
}

/// Gives how many arrivals were repetitions.
fn judge(outbox: &Box, kept: &[Arrival], arrivals: &[Arrival]) -> usize {
    let mut keys: BTreeMap<&(String, String), BTreeSet<&String>> = BTreeMap::new();
    for (what, key) in arrivals {
        keys.entry(what).or_default().insert(key);
    }
    for (what, key) in kept {
        let came = keys.get(what).unwrap_or_else(|| panic!("lost: {what:?}"));
        assert_eq!(came.iter().collect::<Vec<_>>(), [&key], "{what:?}");
    }
    assert!(keys.values().all(|keys| keys.len() == 1), "one arrived under two keys");
    let all: BTreeSet<&&String> = keys.values().flatten().collect();
    assert_eq!(all.len(), keys.len(), "two arrived under one key");
    for id in RECIPIENTS {
        let mut seen = BTreeSet::new();
        let of_id = |what: &&Arrival| what.0.1 == id;
        let came: Vec<_> = arrivals.iter().filter(of_id).filter(|(what, _)| seen.insert(what)).collect();
        let order: Vec<_> = came.into_iter().filter(|one| kept.contains(one)).collect();
        assert_eq!(order, kept.iter().filter(of_id).collect::<Vec<_>>(), "in their order");
    }
    let store = outbox.open();
    assert!(
        store.damaged().is_none() && store.list().unwrap().iter().all(|one| one.state.word() == "delivered")
    );
    arrivals.len() - keys.len()
}

#[test]
fn killed_a_thousand_times_nothing_is_lost_and_nothing_has_two_keys() {
    let lanes: Vec<_> = (0..LANES)
        .map(|nth| thread::spawn(move || lane(SEED + u64::try_from(nth).unwrap(), KILLS / LANES)))
        .collect();
    let started = Instant::now();
    let tallies: Vec<Tally> = lanes.into_iter().map(|lane| lane.join().unwrap()).collect();
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (killed, finished, accepted) =
        (sum(|one| one.killed), sum(|one| one.finished), sum(|one| one.accepted));
    let (arrivals, repeated) = (sum(|one| one.arrivals), sum(|one| one.repeated));
    println!(
        "{killed} killed, {finished} of them when all was done; {accepted} known as accepted, {arrivals} arrivals, \
         {repeated} of them repetitions; {:?}",
        started.elapsed()
    );
    assert_eq!(killed, KILLS);
    // The points lie where they hurt: most within the work, some between a delivery and its note.
    assert!(finished < KILLS / 2 && repeated > 0 && accepted > KILLS, "the kills missed the work");
}
