"""The ledger as Markdown: rendered by GitHub's own renderer, and never longer than a job's summary may be."""

from __future__ import annotations

import re

import cmarkgfm
import html5lib
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.markdown import LIMIT_BYTES, as_markdown

from ..made_reports import large_suite, made_case, made_suite, made_unjudged

VERDICTS = ("supported", "refuted", "inconclusive", "uninformative", "error")
GITHUB_LIMIT = 1024 * 1024


def render_documents(text):
    html = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    return html5lib.parse(html, namespaceHTMLElements=False)


def text_of(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


@pytest.fixture(scope="module")
def ledger():
    cases = [
        made_case(f"c-{verdict}", evidence, verdict, figure="figures/a.png")
        for verdict in VERDICTS
        for evidence in ("one", "two_2")
    ]
    return ledger_of(made_suite(*cases, made_case("bad", verdict="maybe")))


def test_github_shows_counts_judgements_and_details(ledger):
    document = render_documents(as_markdown(ledger))
    counts, judgements, _ = document.iter("table")
    assert [[text_of(cell) for cell in row] for row in counts.iter("tr")] == [
        ["evidence", *VERDICTS], ["one", *"11111"], ["two_2", *"11111"],
    ]  # fmt: skip
    rows = [[text_of(cell) for cell in row] for row in judgements.iter("tr")]
    assert rows[0] == ["verdict", "claim", "kind", "evidence", "estimate", "95% interval", "p", "N"]
    assert rows[1] == [
        "🟢 supported",
        "c-supported",
        "inference",
        "one",
        "-0.66",
        "[-0.96, -0.36]",
        "0.039",
        "10",
    ]
    assert len(rows) == 11
    details = list(document.iter("details"))
    assert len(details) == 11
    assert text_of(details[3].find("summary")) == "🟥 c-refuted on two_2: refuted"
    assert text_of(details[3].find("blockquote")) == "What c-refuted says."
    assert "N that 80% power needs: 24" in text_of(details[4])
    assert text_of(document).count("bad on station-12: property claim.verdict: expected one of") == 1


def test_figures_are_shown_where_they_lie_beside_it_and_not_in_a_summary(ledger):
    images = [image.get("src") for image in render_documents(as_markdown(ledger)).iter("img")]
    assert images == ["figures/a.png"] * 10
    assert list(render_documents(as_markdown(ledger, figures=False)).iter("img")) == []


def test_everything_that_fits_is_there_and_nothing_is_said_to_be_left_out(ledger):
    assert "Left out for length" not in as_markdown(ledger)


def test_a_ledger_that_is_too_long_keeps_to_the_limit_and_says_what_it_left_out():
    long = ledger_of(large_suite(1000, 20))
    text = as_markdown(long)
    assert LIMIT_BYTES * 0.9 < len(text.encode()) <= LIMIT_BYTES < GITHUB_LIMIT
    missing_rows = int(
        re.search(r"Left out for length: (\d+) of 20000 judgements; those that support come last\.", text)[1]
    )
    missing_details = int(
        re.search(r"Left out for length: the details of (\d+) of 20000 judgements\.", text)[1]
    )
    rows = re.findall(r"^\| \S+ \*\*(\w+)\*\*", text, re.M)
    assert len(rows) == 20000 - missing_rows
    assert text.count("<details><summary>") - 1 == 20000 - missing_details
    order = ("refuted", "error", "uninformative", "inconclusive", "supported")
    assert rows == sorted(rows, key=order.index)
    assert text.count("<details>") == text.count("</details>")
    assert "2026-03-01T10:00:00.000" in text


def test_many_facts_and_many_omissions_do_not_break_the_limit():
    facts = {f"fact-{number}": "x" * 1000 for number in range(5000)}
    suite = made_suite(
        *(made_case(f"c-{number}", verdict="maybe", statement="y" * 5000) for number in range(3000)),
        made_case(statement="z" * 90_000),
        **facts,
    )
    assert len(as_markdown(ledger_of(suite)).encode()) <= LIMIT_BYTES


def test_many_evidences_do_not_break_the_limit():
    suite = made_suite(*(made_case("c", "e" * 300 + str(number)) for number in range(5000)))
    assert len(as_markdown(ledger_of(suite)).encode()) <= LIMIT_BYTES


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", "- item", "1. item", "# head", "---", "| a | b |", "```", "[x](javascript:alert(1))", "![x](y)", "</details>", "<!--", "\\", "&lt;", "~~x~~", "=", "* x", "$x$", "    code", "> q"]
)  # fmt: skip


@given(TEXT, TEXT)
def test_any_text_is_shown_as_it_is(text, name):
    entry = made_case(name, name, statement=text, rule=text, reason=text, source=text, statistic=text)
    document = render_documents(as_markdown(ledger_of(made_suite(entry)), figures=False))
    (details, _) = document.iter("details")
    # Escaping is for what renders; how a run of blanks is shown is not at stake.
    shown = " ".join(text.split())
    assert text_of(details.find("blockquote")) == shown
    kind, *lines = (text_of(item) for item in details.iter("li"))
    assert kind == "kind: inference"
    assert lines.pop(1) == "95% interval: [-0.96, -0.36]"
    assert lines == [f"{label}: {shown}".strip() for label in ("statistic", "rule", "reason", "source")]
    assert text_of(details.find("summary")) == " ".join(
        f"🟢 {' '.join(name.split())} on {' '.join(name.split())}: supported".split()
    )
    assert not list(document.iter("script"))
    assert not list(document.iter("img"))
    assert not [
        a
        for a in document.iter("a")
        if not a.get("href", "").startswith(("http:", "https:", "mailto:", "xmpp:", "ftp:"))
    ]


def test_what_was_not_judged_is_a_table_and_a_part_of_a_run_says_so():
    unjudged = [made_unjudged(f"c-{number}", why="deselected", reason="why | so") for number in range(3000)]
    said = "3000 known judgements were not run (3000 deselected)"
    ledger = ledger_of(made_suite(made_case(), *unjudged, **{"claims.partial": said}))
    text = as_markdown(ledger, limit_bytes=300_000)
    assert len(text.encode()) <= 300_000
    document = render_documents(text)
    assert f"A part of a run: {said}." in text_of(document)
    table = next(t for t in document.iter("table") if text_of(t).startswith("not judged"))
    rows = [[text_of(cell) for cell in row] for row in table.iter("tr")]
    assert rows[1] == ["c-0", "station-12", "deselected", "why | so"]
    assert f"Left out for length: {3001 - len(rows)} claims that were not judged." in text
    assert 500 < len(rows) < 3000


def grouped(name, evidence, role, verdict="supported", **changed):
    return made_case(name, evidence, verdict, evidence_group="study", evidence_role=role, **changed)


MIXED = ledger_of(
    made_suite(
        grouped("a", "seed_1", "member", "refuted"),
        grouped("a", "all", "pooled", p_value="0.03", family="x_y"),
        grouped("a", "seed_2", "member", "inconclusive"),
        made_case("b", "all", p_value="0.2", family="x_y"),
        made_case("c", "all", "refuted", kind="description"),
        made_case("d", "all", kind=None),
    )
)


def test_findings_come_first_and_kinds_are_counted_apart():
    text = as_markdown(MIXED)
    assert "6 judgements; 2 findings (of inferences, once for pooled evidence): 🟢 2 supported." in text
    kinds, *_ = render_documents(text).iter("table")
    assert [[text_of(cell) for cell in row][:3] for row in kinds.iter("tr")] == [
        ["kind of claim", "supported", "refuted"], ["inference", "2", ""], ["description", "", "1"], ["unknown", "1", ""],
    ]  # fmt: skip


def test_members_stand_below_their_pooled_judgement_and_fold_up_within_it():
    document = render_documents(as_markdown(MIXED))
    table = next(t for t in document.iter("table") if text_of(t).startswith("verdict"))
    rows = [[text_of(cell) for cell in row] for row in table.iter("tr")]
    assert [row[1:4] for row in rows] == [
        ["claim", "kind", "evidence"], ["a", "inference", "all"], ["a", "inference", "↳ seed_1"],
        ["a", "inference", "↳ seed_2"], ["b", "inference", "all"], ["c", "description", "all"], ["d", "unknown", "all"],
    ]  # fmt: skip
    pooled, *_ = document.iter("details")
    assert [text_of(inner.find("summary")) for inner in pooled.iter("details")] == [
        "🟢 a on all: supported",
        "🟥 a on seed_1: refuted",
        "⚪\ufe0f a on seed_2: inconclusive",
    ]


def test_adjusted_p_stands_beside_the_raw_one_and_what_is_lost_is_listed():
    text = as_markdown(MIXED)
    document = render_documents(text)
    table = next(t for t in document.iter("table") if text_of(t).startswith("verdict"))
    rows = [[text_of(cell) for cell in row] for row in table.iter("tr")]
    assert rows[0][6:9] == ["p", "p, Holm", "N"]
    assert [row[6:8] for row in rows[1:5]] == [
        ["0.03", "0.06 †"],
        ["0.039", ""],
        ["0.039", ""],
        ["0.20", "0.20"],
    ]
    said = "a on all: 0.06 (Holm, 2 p-values of the family x_y on this evidence); no longer below 0.05, the verdict is by the raw p"
    assert text_of(document).count(said) == 1
    assert "p, Holm" not in as_markdown(ledger_of(made_suite(made_case())))


def test_a_report_of_an_earlier_version_has_no_findings_and_says_so():
    text = as_markdown(ledger_of(made_suite(made_case(kind=None))))
    assert "1 judgements, none of an inference." in text
    assert "| unknown | 1 |" in text


def test_members_and_pooled_judgements_are_left_out_together():
    cases = [
        grouped(f"c-{number}", evidence, role, reason="because " * 200)
        for number in range(200)
        for evidence, role in (("all", "pooled"), ("seed", "member"))
    ]
    text = as_markdown(ledger_of(made_suite(*cases)), limit_bytes=300_000)
    missing = int(re.search(r"the details of (\d+) of 400 judgements", text)[1])
    assert missing % 2 == 0
    assert text.count("<details><summary>") - 1 == 400 - missing
    assert text.count("<details>") == text.count("</details>")


def test_it_opens_with_the_headline_and_calls_evidence_by_its_label():
    ledger = ledger_of(
        made_suite(
            made_case("a", headline="true", ci_level="0.99"), made_case("b"),
            **{"evidence.station-12.label": "The *station*", "term.rain": "Water."},
        )
    )  # fmt: skip
    lines = as_markdown(ledger).splitlines()
    assert lines[2].startswith(
        "- What a says: supported on The \\*station\\*: Pearson r = -0.66, 99% interval"
    )
    assert "| The \\*station\\* | -0.66 | \\[" not in as_markdown(ledger)
    assert "| verdict | claim | kind | evidence | estimate | interval | p | N |" in lines
    assert any("The \\*station\\* | -0.66 | [-0.96,\u00a0-0.36]\u00a099% |" in line for line in lines)
    assert "| rain | Water. |" in lines
