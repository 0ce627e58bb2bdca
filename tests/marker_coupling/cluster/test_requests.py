"""Requests as text, and errors of workers in one line."""

from __future__ import annotations

from manylora.errors import NotEnoughMemoryError
from marker_coupling.cluster.requests import Request, SharedStore, reply_of_error
from marker_coupling.cluster.wire_values import from_text, to_text


def test_requests_come_back():
    shared = Request("d1", "adapters", "[]", ("k1", "k2"), SharedStore("/s", "t"), ("/s/1", "/s/2"), ())
    sent = Request("d1", "adapters", "[]", ("k1",), None, (), (("answers", "k0"),))
    assert [from_text(Request, to_text(request)) for request in (shared, sent)] == [shared, sent]


def raised(error):
    try:
        raise error
    except Exception as caught:
        return caught


def test_expected_errors_are_their_own_line():
    reply = reply_of_error(raised(NotEnoughMemoryError("a GPU with more\nmemory")))
    assert reply == {"error": "a GPU with more memory", "kind": "NotEnoughMemoryError"}
    assert reply_of_error(raised(ValueError())) == {"error": "ValueError", "kind": "ValueError"}


def test_others_say_where_they_were_raised():
    reply = reply_of_error(raised(ZeroDivisionError("division")))
    assert reply["error"].startswith("ZeroDivisionError: division (")
    assert "test_requests.py:" in reply["error"]
