use std::io::Read;

use super::*;

/// Sends bytes as they are, so that the server is judged without any HTTP client.
fn raw(gateway: &RunningGateway, text: &str) -> String {
    let mut stream = TcpStream::connect(gateway.address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(gateway: &RunningGateway, target: &str, kind: &str, body: &str) -> (u16, Value) {
    let text = format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(gateway, &text);
    assert!(answer.contains("Server: simulated-bhyt-gateway"), "{answer}");
    let status = answer[9..12].parse().unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn token(gateway: &RunningGateway, password: &str) -> Value {
    let body = json!({ "username": "79001_BV", "password": password }).to_string();
    post(gateway, "/api/token/take", "application/json", &body).1
}

const BODY: &str = "maThe=090000000110&hoTen=NGUY%E1%BB%84N+V%C4%82N+A&ngaySinh=01%2F01%2F1990&hoTenCb=B&cccdCb=090000000001";

fn target() -> String {
    let password = GatewayOptions::default().password_md5;
    format!(
        "/api/egw/KQNhanLichSuKCB2024?token=SIMULATED-ACCESS-000001%3D%2B%2F%26%25&id_token=SIMULATED-ID-000001%3D%2B%2F\
         &username=79001_BV&password={password}"
    )
}

#[test]
fn token_then_check() {
    let gateway = Gateway::start(GatewayOptions::default()).unwrap();
    let key = token(&gateway, &GatewayOptions::default().password_md5);
    assert_eq!(key["APIKey"]["access_token"], "SIMULATED-ACCESS-000001=+/&%");
    assert_eq!(key["APIKey"]["expires_in"], 3600);
    let (status, answer) = post(&gateway, &target(), "application/x-www-form-urlencoded", BODY);
    assert_eq!(status, 200);
    assert_eq!(answer["maKetQua"], "110");
    assert_eq!(answer.as_object().unwrap().len(), 23);
    assert!(answer["dsLichSuKCB2018"].is_null());
    let log = gateway.requests();
    assert_eq!(log.len(), 2);
    assert_eq!(
        log[1].fields,
        ["cccdCb", "hoTenCb", "hoTen", "maThe", "ngaySinh"].map(str::to_owned).sorted()
    );
    assert!(!format!("{log:?}").contains("SIMULATED-ACCESS"));
    assert!(!format!("{log:?}").contains("090000000110"));
}

trait Sorted {
    fn sorted(self) -> Vec<String>;
}

impl<const N: usize> Sorted for [String; N] {
    fn sorted(self) -> Vec<String> {
        let mut all = self.to_vec();
        all.sort();
        all
    }
}

#[test]
fn wrong_password_and_wrong_token_are_refused() {
    let gateway = Gateway::start(GatewayOptions::default()).unwrap();
    assert_eq!(token(&gateway, "00000000000000000000000000000000")["maKetQua"], "401");
    let (status, answer) = post(&gateway, &target(), "application/x-www-form-urlencoded", BODY);
    assert_eq!((status, &answer["maKetQua"]), (401, &json!("401")));
}

#[test]
fn faults_count_down() {
    let gateway = Gateway::start(GatewayOptions::default()).unwrap();
    gateway.set_faults(vec![FaultRule::next(Scope::Token, 2, Fault::Status(503))]);
    let body =
        json!({ "username": "79001_BV", "password": GatewayOptions::default().password_md5 }).to_string();
    let statuses: Vec<u16> =
        (0..3).map(|_| post(&gateway, "/api/token/take", "application/json", &body).0).collect();
    assert_eq!(statuses, [503, 503, 200]);
}

#[test]
fn odd_requests_are_answered_or_dropped() {
    let gateway = Gateway::start(GatewayOptions::default()).unwrap();
    assert!(raw(&gateway, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    assert!(raw(&gateway, "GET /api/token/take HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    assert!(raw(&gateway, "POST /other HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    let huge = "POST /api/token/take HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n";
    assert!(raw(&gateway, huge).starts_with("HTTP/1.1 400"));
}
