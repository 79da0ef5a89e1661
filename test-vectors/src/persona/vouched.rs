//! Sound cards of an authority whose country certificate is in no trust store, and what its simulated gateway makes of each.
//! What is expected holds under the site `gateway`, whose rules build on the gateway's word.

use super::recipe::Recipe;
use super::table::{USUAL, man, noted, referred, rejected, woman};
use super::{Outcome, Persona};
use crate::issuer::country::VIETNAM_UNLISTED;

const UNLISTED: Recipe = Recipe { country: VIETNAM_UNLISTED, ..USUAL };

pub(super) static VOUCHED: [Persona; 4] = [
    Persona {
        name: "gateway-yes",
        summary_en: "The country certificate is not installed; the simulated gateway says that the card is genuine",
        summary_vi: "Chưa cài chứng thư quốc gia; cổng xác thực mô phỏng trả lời thẻ là thật",
        expected: noted("passive.hashes", ["R1297", "the gateway's signed yes stands for the chain"]),
        holder: man("090000201000", "ĐINH VĂN CỔNG", [4, 30]),
        recipe: UNLISTED,
    },
    Persona {
        name: "gateway-no",
        summary_en: "The country certificate is not installed; the simulated gateway says that the card was withdrawn",
        summary_vi: "Chưa cài chứng thư quốc gia; cổng xác thực mô phỏng trả lời thẻ không hợp lệ",
        expected: rejected("passive.gateway", ["R1290", "the gateway's signed no"]),
        holder: woman("090000202000", "CAO THỊ THU HỒI", [9, 2]),
        recipe: UNLISTED,
    },
    Persona {
        name: "gateway-down",
        summary_en: "The country certificate is not installed, and the simulated gateway gives no answer",
        summary_vi: "Chưa cài chứng thư quốc gia và cổng xác thực mô phỏng không trả lời",
        expected: referred("passive.gateway", Outcome::Aborted, ["R1291", "nobody answers"]),
        holder: man("090000203000", "TẠ VĂN VẮNG", [11, 20]),
        recipe: UNLISTED,
    },
    Persona {
        name: "gateway-forged",
        summary_en: "The country certificate is not installed; somebody else answers for the simulated gateway",
        summary_vi: "Chưa cài chứng thư quốc gia; kẻ khác giả câu trả lời của cổng xác thực mô phỏng",
        expected: referred(
            "passive.gateway",
            Outcome::Undetermined,
            ["R1292", "the answer is not signed by the pinned key"],
        ),
        holder: woman("090000204000", "MAI THỊ GIẢ DANH", [1, 9]),
        recipe: UNLISTED,
    },
];
