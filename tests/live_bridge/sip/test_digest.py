"""Digest by the standard's own examples, both sides, and what a proof is a proof of."""

from __future__ import annotations

import pytest

from live_bridge.sip import digest
from live_bridge.sip.digest import Account, Authenticator
from tests.live_bridge.live import DOMAIN
from tests.live_bridge.sip.phone import digest as proof_of

RFC_7616 = (
    'Digest realm="http-auth@example.org",qop="auth, auth-int",algorithm={algorithm},'
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_our_answer_is_that_of_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    answer = digest.answer(
        RFC_7616.format(algorithm=algorithm),
        "Mufasa",
        "Circle of Life",
        "GET",
        "/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert answer is not None
    given = digest.parameters(answer)
    assert given is not None and given["response"] == response and given["opaque"].startswith("FQhe")
    assert given["qop"] == "auth" and given["nc"] == "00000001"


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess", "SHA-512-256", "sha-256"])
def test_every_algorithm_an_operator_may_ask_for_is_answered(algorithm: str) -> None:
    answer = digest.answer(RFC_7616.format(algorithm=algorithm), "u", "p", "INVITE", "sip:x")
    assert answer is not None and f"algorithm={algorithm}" in answer


@pytest.mark.parametrize(
    "challenge",
    [
        "", "Digest", "NTLM abc", 'Digest realm="x"', 'Digest nonce="y"', 'Digest realm="x",nonce=""', "Digest realm=,nonce=,,",
        'Digest realm="x",nonce="y",algorithm=ROT13', 'Digest realm="x",nonce="y",qop="token"', 'Digest realm="x', "Digest ж",
        'Digest realm="x",nonce="y",algorithm=MD5-sess',
    ],
)  # fmt: skip
def test_challenge_that_cannot_be_answered_is_none_and_no_exception(challenge: str) -> None:
    assert digest.answer(challenge, "u", "p", "INVITE", "sip:x") is None


def test_realm_of_an_operator_cannot_leave_its_quotes() -> None:
    answer = digest.answer('Digest realm="a\\"b\\\\",nonce="n"', "u", "p", "INVITE", "sip:x")
    assert answer is not None
    assert (digest.parameters(answer) or {})["realm"] == 'a"b\\'


@pytest.mark.parametrize(
    ("made_for", "sent_to", "result"),
    [
        ("sip:5000@example.onpbx.ru", "sip:5000@example.onpbx.ru", "good"),
        ("sip:5000@EXAMPLE.onpbx.ru:5060;user=phone", "sip:5000@example.onpbx.ru;transport=tcp", "good"),
        ("sip:%35000@example.onpbx.ru", "sip:5000@example.onpbx.ru", "good"),
        ("sip:5000@example.onpbx.ru", "sip:810441234567@example.onpbx.ru", "other"),
        ("sip:5000@example.onpbx.ru", "sip:5000@elsewhere.example", "other"),
        ("sip:5000@example.onpbx.ru", "sip:5000@example.onpbx.ru:5070", "other"),
        ("sip:example.onpbx.ru", "sip:5000@example.onpbx.ru", "other"),
        ("sip:[2001:db8::1]:5062", "sip:[2001:DB8::1]:5062;lr", "good"),
    ],
)
def test_proof_made_for_one_target_proves_no_request_to_another(made_for: str, sent_to: str, result: str) -> None:
    """RFC 7616 section 3.4.6: or who listens could send a call wherever they like in somebody else's name."""
    guard = Authenticator(DOMAIN, lambda: 1000.0)
    proof = proof_of(guard.challenges()[0], "101", "secret", "INVITE", made_for)
    assert guard.check(proof, "INVITE", lambda _: Account(password="secret"), sent_to).result == result
