"""Forest plots: where lines and regions lie, and what has no place on the axis."""

from __future__ import annotations

import dataclasses
import re

import pytest

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.ledger.summary import summarize
from pytest_claims.rendering.forest import MOST_LINES, forest_of
from pytest_claims.rendering.html import as_html

from ..made_reports import made_case, made_suite


def forest(*cases):
    ledger = ledger_of(made_suite(*cases))
    return forest_of(ledger, summarize(ledger).headlines[0])


def head(*arguments, **changed):
    return made_case("rain", *arguments, headline="true", **changed)


def test_estimates_intervals_and_regions_lie_on_one_axis():
    drawn = forest(
        head("a", "supported", 0.5, 0.25, region="refuted -0.3 inf"), head("b", "refuted", -0.5, 0.5)
    )
    assert [line.x for line in drawn.lines] == [8 + 464 * 0.75, 8 + 464 * 0.25]
    assert drawn.lines[0].ends == (8 + 464 * 0.625, 8 + 464 * 0.875)
    (band,) = drawn.bands
    assert (band.x, band.x + band.width) == pytest.approx((8 + 464 * 0.35, 472))
    assert drawn.axis == "Pearson r, with 95% intervals; N = 10 each"


def test_levels_that_differ_are_not_told_as_one():
    assert forest(head("a", ci_level="0.99")).axis == "Pearson r, with 99% intervals"
    assert forest(head("a", ci_level="0.99"), head("b")).axis == "Pearson r, with intervals; N = 10 each"


def test_another_statistic_has_a_line_without_a_drawing():
    drawn = forest(
        head("a"),
        head("b", statistic="Pearson r (ranks)"),
        head("c", statistic="chi-square", estimate="42"),
        head("d", "error"),
    )
    assert [line.x is None for line in drawn.lines] == [False, False, True, True]
    assert drawn.scale.high == 1


def test_pooled_and_members_are_marked_and_heterogeneity_is_told():
    pooled = head("all", evidence_group="g", evidence_role="pooled", reason="r; I² = 10%")
    drawn = forest(pooled, head("one", evidence_group="g", evidence_role="member"), head("alone"))
    assert [(line.name, line.is_pooled, line.is_member) for line in drawn.lines] == [
        ("all", True, False), ("one", False, True), ("alone", False, False),
    ]  # fmt: skip
    assert drawn.heterogeneity == "I² = 10%"


def test_nothing_is_drawn_of_what_has_no_estimate():
    assert forest(head("a", "error")) is None


def test_very_many_lines_are_counted():
    drawn = forest(*(head(f"e-{number}") for number in range(MOST_LINES + 2)))
    assert (len(drawn.lines), drawn.further) == (MOST_LINES, 2)


def pooled_with(*weights):
    group = {"evidence_group": "g"}
    pooled = head("all", **group, evidence_role="pooled")
    told = tuple(("claim.weight", weight) for weight in weights)
    pooled = dataclasses.replace(pooled, properties=(*pooled.properties, *told))
    members = (head(name, **group, evidence_role="member") for name in ("a", "b", "c"))
    return forest(pooled, *members, head("alone"))


def test_areas_of_squares_are_in_proportion_to_the_weights_that_are_told():
    drawn = pooled_with("0.64 a", "0.36 b")
    assert [line.weight for line in drawn.lines] == ["", "64%", "36%", "0%", ""]
    _, a, b, c, alone = (line.side for line in drawn.lines)
    assert (b / a) ** 2 == pytest.approx(0.36 / 0.64)
    assert c < b < a
    assert alone == 8
    assert drawn.weights == "a 64%; b 36%"
    assert "b: supported -0.66 [-0.96, -0.36], weight 36%" in drawn.described


def test_equal_weights_are_said_to_be_equal():
    drawn = pooled_with(f"{1 / 3!r} a", f"{1 / 3!r} b", f"{1 / 3!r} c")
    assert drawn.weights == "equal, 33.3% each of 3"
    assert len({line.side for line in drawn.lines if line.is_member}) == 1


def test_without_weights_squares_are_alike_and_nothing_is_said():
    drawn = pooled_with()
    assert drawn.weights == ""
    assert {(line.weight, line.side) for line in drawn.lines} == {("", 8)}


def test_the_page_draws_the_areas_and_has_the_weights_in_the_table():
    group = {"evidence_group": "g", "headline": "true"}
    pooled = made_case("rain", "all", evidence_role="pooled", **group)
    pooled = dataclasses.replace(
        pooled, properties=(*pooled.properties, ("claim.weight", "0.8 a"), ("claim.weight", "0.2 b"))
    )
    page = as_html(
        ledger_of(
            made_suite(pooled, *(made_case("rain", name, evidence_role="member", **group) for name in "ab"))
        )
    )
    squares = re.findall(r'<rect class="estimate" [^>]* width="([\d.]+)" height="([\d.]+)"/>', page)
    assert squares == [("12", "12"), ("6", "6")]
    assert "Areas of the squares are weights in the pooled estimate: a 80%; b 20%" in page
    assert '<th scope="col" class="number">weight</th>' in page
    assert '<td class="number">80%</td></tr>' in page


def test_labels_leave_room_for_the_numbers():
    group = {"evidence_group": "g", "evidence_role": "pooled"}
    drawn = forest(head("three base models", **group), head("x" * 70 + "y"), head("n" * 40, n="1000"))
    assert [line.label for line in drawn.lines] == [
        "three base models (pooled)",
        "x" * 25 + "…" + "x" * 11 + "y",
        "n" * 24 + "…" + "n" * 11,
    ]
    assert drawn.lines[0].numbers_text == "-0.66 [-0.96, -0.36], N 10"
    long = forest(head("three base models of the registered study", **group)).lines[0]
    assert long.label == "three base models of …ered study"
    assert len(long.label) + len(long.numbers_text) == 58
    assert forest(head("a"), head("b", "error")).lines[1].numbers_text == "error"


def test_the_same_n_is_told_once():
    drawn = forest(head("a"), head("b"))
    assert [line.numbers_text for line in drawn.lines] == ["-0.66 [-0.96, -0.36]"] * 2
    assert drawn.axis.endswith("; N = 10 each")
    assert "N" not in forest(head("a"), head("b", n="20")).axis.partition(";")[2]
