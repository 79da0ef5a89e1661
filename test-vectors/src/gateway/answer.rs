//! What the insurance service knows: result codes, insured persons, and the record it answers with.

use serde_json::{Value, json};

/// Result codes of the service and the remark that it adds.
const RESULTS: &[(&str, &str)] = &[
    ("000", "Thông tin thẻ chính xác"),
    ("001", "Thẻ do BHXH Bộ Quốc phòng quản lý, đề nghị kiểm tra thẻ và giấy tờ tùy thân"),
    ("002", "Thẻ do BHXH Bộ Công an quản lý, đề nghị kiểm tra thẻ và giấy tờ tùy thân"),
    ("003", "Thẻ cũ hết giá trị sử dụng nhưng đã được cấp thẻ mới"),
    ("004", "Thẻ cũ còn giá trị sử dụng nhưng đã được cấp thẻ mới"),
    ("010", "Thẻ hết giá trị sử dụng"),
    ("050", "Không thấy thông tin thẻ BHYT"),
    ("051", "Mã thẻ không đúng"),
    ("052", "Mã tỉnh cấp thẻ (ký tự thứ 4, 5) không đúng"),
    ("053", "Mã quyền lợi thẻ (ký tự thứ 3) không đúng"),
    ("054", "Số căn cước công dân của cán bộ chưa được đăng ký"),
    ("055", "Họ tên cán bộ không đúng"),
    ("060", "Thẻ sai họ tên"),
    ("061", "Thẻ sai họ tên (đúng ký tự đầu)"),
    ("070", "Thẻ sai ngày sinh"),
    ("080", "Thẻ sai giới tính"),
    ("090", "Thẻ sai nơi đăng ký khám chữa bệnh ban đầu"),
    ("100", "Lỗi khi lấy dữ liệu sổ thẻ"),
    ("101", "Lỗi máy chủ"),
    ("110", "Thẻ đã thu hồi"),
    ("120", "Thẻ đã báo giảm"),
    ("121", "Thẻ đã báo giảm, giảm chuyển ngoại tỉnh"),
    ("122", "Thẻ đã báo giảm, giảm chuyển nội tỉnh"),
    ("123", "Thẻ đã báo giảm, thu hồi do tăng lại cùng đơn vị"),
    ("124", "Thẻ đã báo giảm, ngừng tham gia"),
    ("130", "Trẻ em không xuất trình thẻ"),
    ("205", "Lỗi sai định dạng tham số"),
    ("401", "Lỗi xác thực tài khoản"),
    ("500", "Lỗi máy chủ"),
];

/// Every result code that the simulated service can give, in order.
pub fn result_codes() -> impl Iterator<Item = &'static str> {
    RESULTS.iter().map(|(code, _)| *code)
}

pub(super) fn remark(code: &str) -> &'static str {
    RESULTS
        .iter()
        .find(|(c, _)| *c == code)
        .map_or("Mã kết quả chưa được mô tả", |(_, text)| *text)
}

/// A person whom the simulated service has on file. Persons not on file are believed whatever they are called.
#[derive(Clone, Debug)]
pub struct Insured {
    /// 12-digit number or card code.
    pub number: String,
    /// Full name, compared without regard to case.
    pub name: String,
    /// Date of birth: dd/MM/yyyy, MM/yyyy or yyyy.
    pub birth: String,
    /// The result for this person once name and birth agree; `None`: by the last three digits of the number.
    pub code: Option<String>,
}

/// What was asked.
pub(super) struct Question {
    pub number: String,
    pub name: String,
    pub birth: String,
    pub staff_name: String,
    pub staff_number: String,
}

/// The staff member whom the service has registered for the facility.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Full name.
    pub name: String,
    /// 12-digit number.
    pub number: String,
}

/// The result code for a question.
///
/// A listed person is compared first. Otherwise the last three digits of the number choose the result where they
/// spell a result code, and 000 where they do not: 090000000110 has been revoked, 090000000019 is in order.
pub(super) fn result(question: &Question, insured: &[Insured], staff: Option<&Staff>) -> String {
    if [&question.number, &question.name, &question.birth, &question.staff_name, &question.staff_number]
        .iter()
        .any(|field| field.trim().is_empty())
        || !is_birth_format(&question.birth)
    {
        return "205".into();
    }
    if let Some(staff) = staff {
        if staff.number != question.staff_number {
            return "054".into();
        }
        if fold(&staff.name) != fold(&question.staff_name) {
            return "055".into();
        }
    }
    if let Some(code) = number_fault(&question.number) {
        return code.into();
    }
    let listed = insured.iter().find(|p| p.number == question.number);
    if let Some(person) = listed {
        if fold(&person.name) != fold(&question.name) {
            let same_initials = initials(&person.name) == initials(&question.name);
            return if same_initials { "061" } else { "060" }.into();
        }
        if !same_birth(&person.birth, &question.birth) {
            return "070".into();
        }
    }
    if let Some(code) = listed.and_then(|p| p.code.clone()) {
        return code;
    }
    let tail = question.number.get(question.number.len().saturating_sub(3)..).unwrap_or_default();
    if result_codes().any(|code| code == tail) { tail.into() } else { "000".into() }
}

/// A 12-digit number, or a card code: two letters, benefit 1-5, province 01-97, ten digits.
fn number_fault(number: &str) -> Option<&'static str> {
    if number.len() == 12 && number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let bytes = number.as_bytes();
    let shaped = bytes.len() == 15
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).all(u8::is_ascii_digit);
    if !shaped {
        return Some("051");
    }
    if !bytes.get(2).is_some_and(|b| (b'1'..=b'5').contains(b)) {
        return Some("053");
    }
    let province: u32 = number.get(3..5).and_then(|p| p.parse().ok()).unwrap_or(0);
    (!(1..=97).contains(&province)).then_some("052")
}

/// dd/MM/yyyy, MM/yyyy or yyyy with a month and day that exist; run-together digits are refused.
fn is_birth_format(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let digits = |part: &str, len: usize, range: std::ops::RangeInclusive<u32>| {
        part.len() == len
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|n| range.contains(&n))
    };
    match parts.as_slice() {
        [y] => digits(y, 4, 1850..=2200),
        [m, y] => digits(m, 2, 1..=12) && digits(y, 4, 1850..=2200),
        [d, m, y] => digits(d, 2, 1..=31) && digits(m, 2, 1..=12) && digits(y, 4, 1850..=2200),
        _ => false,
    }
}

/// Agreement as far as both are known.
fn same_birth(a: &str, b: &str) -> bool {
    a.split('/').rev().zip(b.split('/').rev()).all(|(x, y)| x == y)
}

fn fold(name: &str) -> String {
    name.to_uppercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn initials(name: &str) -> String {
    fold(name).split(' ').filter_map(|word| word.chars().next()).collect()
}

/// The whole answer object, every described field present.
pub(super) fn record(code: &str, question: &Question) -> Value {
    let known = matches!(code.as_bytes(), [b'0', b'0', b'0'..=b'4'])
        || matches!(code, "010" | "110")
        || code.starts_with("12");
    let tail = question.number.get(question.number.len().saturating_sub(10)..).unwrap_or("0900000000");
    let card = if question.number.len() == 15 { question.number.clone() } else { format!("GD479{tail}") };
    let when = |text: &str| if known { json!(text) } else { Value::Null };
    let (from, to) = if matches!(code, "010" | "003") {
        ("01/01/2023", "31/12/2023")
    } else {
        ("01/01/2026", "31/12/2026")
    };
    let renewed = matches!(code, "003" | "004");
    let new = |text: &str| if renewed { json!(text) } else { Value::Null };
    json!({
        "maKetQua": code,
        "ghiChu": format!("[MÔ PHỎNG] {}", remark(code)),
        "maThe": when(&card),
        "hoTen": when(&question.name),
        "gioiTinh": when("Nam"),
        "ngaySinh": when(&question.birth),
        "diaChi": when("Số 1 đường Mô Phỏng, Thành phố Hồ Chí Minh"),
        "maDKBD": when("79001"),
        "tenDKBD": when("Bệnh viện Mô Phỏng"),
        "cqBHXH": when("BHXH Thành phố Hồ Chí Minh"),
        "gtTheTu": when(from),
        "gtTheDen": when(to),
        "maKV": when("K1"),
        "ngayDu5Nam": when("01/01/2027"),
        "maSoBHXH": when(tail),
        "maTheCu": new(&card),
        "maTheMoi": new(&format!("GD479{tail}")),
        "gtTheTuMoi": new("01/01/2026"),
        "gtTheDenMoi": new("31/12/2026"),
        "maDKBDMoi": new("79001"),
        "tenDKBDMoi": new("Bệnh viện Mô Phỏng"),
        "dsLichSuKCB2018": Value::Null,
        "dsLichSuKT2018": if known { json!([]) } else { Value::Null },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(number: &str, name: &str, birth: &str) -> Question {
        let (number, name, birth) = (number.into(), name.into(), birth.into());
        Question {
            number, name, birth, staff_name: "TRẦN THỊ B".into(), staff_number: "090000000001".into()
        }
    }

    #[test]
    fn last_three_digits_choose_the_result() {
        for code in result_codes() {
            let question = ask(&format!("090000000{code}"), "NGUYỄN VĂN A", "01/01/1990");
            assert_eq!(result(&question, &[], None), code);
        }
        assert_eq!(result(&ask("090000000019", "X", "1990"), &[], None), "000");
    }

    #[test]
    fn birth_formats() {
        for good in ["01/01/1990", "12/1990", "1990"] {
            assert_eq!(result(&ask("090000000019", "X", good), &[], None), "000", "{good}");
        }
        for bad in ["01011990", "1/1/1990", "32/01/1990", "01/13/1990", "90", "1990/01/01", "01-01-1990"] {
            assert_eq!(result(&ask("090000000019", "X", bad), &[], None), "205", "{bad}");
        }
    }

    #[test]
    fn a_listed_person_is_compared() {
        let listed = [Insured {
            number: "090000000019".into(),
            name: "Nguyễn Văn A".into(),
            birth: "05/06/1990".into(),
            code: Some("110".into()),
        }];
        let is = |name: &str, birth: &str| result(&ask("090000000019", name, birth), &listed, None);
        assert_eq!(is("LÊ THỊ C", "05/06/1990"), "060");
        assert_eq!(is("NGÔ VŨ ÁNH", "05/06/1990"), "060");
        assert_eq!(is("NGÔ VŨ AN", "05/06/1990"), "061");
        assert_eq!(is("NGUYỄN VĂN A", "06/06/1990"), "070");
        assert_eq!(is("nguyễn  văn a", "1990"), "110");
    }

    #[test]
    fn card_codes_are_checked() {
        let is = |code: &str| result(&ask(code, "X", "1990"), &[], None);
        assert_eq!(is("GD4790900000019"), "000");
        assert_eq!(is("GD47909"), "051");
        assert_eq!(is("GD9790900000019"), "053");
        assert_eq!(is("GD4990900000019"), "052");
    }

    #[test]
    fn staff_are_checked_where_registered() {
        let staff = Staff { name: "Trần Thị B".into(), number: "090000000001".into() };
        let mut question = ask("090000000019", "X", "1990");
        assert_eq!(result(&question, &[], Some(&staff)), "000");
        question.staff_name = "TRẦN THỊ Z".into();
        assert_eq!(result(&question, &[], Some(&staff)), "055");
        question.staff_number = "090000000002".into();
        assert_eq!(result(&question, &[], Some(&staff)), "054");
    }
}
