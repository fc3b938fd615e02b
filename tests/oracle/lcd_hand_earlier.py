"""Services on an earlier claim than the plan, by hand: LCD-41 to 43 and 56 with M-11."""

from __future__ import annotations

from datetime import date

from tests.oracle.lcd_case import case, earlier, line

_ASKED = "bundling warning 1 77301: review"
PLAN = line("77301", 9)

ALL = [
    *(
        case(f"{rule} {code} on an earlier claim", PLAN, history=(earlier(line(code)),), say=_ASKED)
        for rule, code in [
            *(("LCD-41", "77306"), ("LCD-41", "77321"), ("LCD-42", "77318"), ("LCD-43", "77331")),
            ("LCD-56", "77470"),
        ]
    ),
    case("two of them are one finding", PLAN, history=(earlier(line("77470"), line("77331")),), say=_ASKED),
    case("another biller's", PLAN, history=(earlier(line("77470"), own=False),)),
    case("a boost of the course", PLAN, line("G6012", 50), history=(earlier(line("77306")),)),
    case(
        "asked when they were billed",
        PLAN,
        history=(earlier(line("77470"), line("77301")),),
        say="unit-limit warning 1 77301: add-document anatomy-change | remove-line 77301",
    ),
    case("no plan but a delivery", line("G6015", 9), history=(earlier(line("77470")),)),
    case(
        "from 2026 a hint",
        line("77301", date(2026, 3, 9)),
        history=(earlier(line("77470", date(2026, 3, 2))),),
        say="bundling info 1 77301: review",
    ),
]
