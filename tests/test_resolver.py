"""Delegation: the zones of three tiers, the way down through them, and the tree that is drawn."""

from __future__ import annotations

import pytest

from enumlab import LabError, NumberError, Zone, ZoneError
from enumlab.delegation import Tiers, serve_tiers, servers_of
from enumlab.resolver import walk
from enumlab.responder import Responder
from enumlab.server import LabServer

TOP = """
@ 60 SOA ns root 1 3600 900 604800 300
@ 60 NS ns.{}.example.
"""
PORTED = "+61 3 5550 0912"


@pytest.fixture
def servers():
    with serve_tiers() as started:
        yield started


def kinds(found):
    return [(hop.server, hop.kind) for hop in found.hops]


# The origin of a zone, as its text tells it


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("$ORIGIN 1.6.e164.arpa.\n@ 60 SOA ns root 1 1 1 1 1\n@ 60 NS ns", "1.6.e164.arpa."),
        ("$origin 1.6.E164.arpa. ; x\n@ 60 IN SOA ns root 1 1 1 1 1\n@ 60 NS ns", "1.6.E164.arpa."),
        ("1.6.e164.arpa. 60 SOA ns root 1 1 1 1 1\n1.6.e164.arpa. 60 NS ns", "1.6.e164.arpa."),
        (
            "$ORIGIN x.example.\ny.example. 60 SOA a. b. 1 1 1 1 1\ny.example. 60 NS a.",
            "y.example.",
        ),
        (
            "@ 60 SOA ns root 1 1 1 1 1\n@ 60 NS ns\n$ORIGIN 1.6.e164.arpa.\na 60 TXT b",
            "e164.arpa.",
        ),
        ("; $ORIGIN x. SOA\n@ 60 SOA ns root 1 1 1 1 1\n@ 60 NS ns", "e164.arpa."),
    ],
)
def test_a_zone_tells_its_origin(text, origin):
    assert Zone.from_text(text).origin == origin


def test_an_origin_that_is_given_wins():
    text = (
        "$ORIGIN 5.1.6.e164.arpa.\n1.6.e164.arpa. 60 SOA a. b. 1 1 1 1 1\n1.6.e164.arpa. 60 NS a."
    )
    assert Zone.from_text(text, origin="1.6.e164.arpa.").origin == "1.6.e164.arpa."


@pytest.mark.parametrize("told", ["a..b.", "x" * 64 + "."])
def test_an_origin_that_is_no_name_is_left_to_the_reader(told):
    with pytest.raises(ZoneError, match=r"line \d: .*DNS label"):
        Zone.from_text(f"$TTL 60\n$ORIGIN {told}\n@ SOA ns root 1 1 1 1 1\n@ NS ns")


@pytest.mark.parametrize("name", Zone.names())
def test_what_is_written_is_read_back_without_being_told_the_origin(name, tmp_path):
    zone = Zone.named(name)
    (tmp_path / "zone").write_text(zone.to_text())
    assert list(Zone.from_file(tmp_path / "zone")) == list(zone)
    assert zone.outside == ()


def test_each_tier_has_only_what_is_its_to_write():
    tier0, tier1 = Zone.named("tier0"), Zone.named("tier1")
    assert {rdataset.rdtype.name for zone in (tier0, tier1) for _, rdataset in zone} == {
        "SOA",
        "NS",
        "A",
    }
    assert servers_of(tier0, "1.6.e164.arpa.") == servers_of(tier1) == ["ns.1.6.e164.arpa."]
    for name in "tier2-acacia", "tier2-banksia", "tier2-number":
        below = Zone.named(name)
        assert servers_of(tier1, below.origin) == servers_of(below)
        assert not servers_of(tier0, below.origin)


# The way down


@pytest.mark.parametrize(
    ("number", "last", "uris"),
    [
        ("+61 2 5550 2345", "ns.acacia.example.", ("sip:night-clinic@acacia.example",)),
        ("+61 2 5550 1777", "ns.banksia.example.", ("sip:61255501777@banksia.example",)),
        (PORTED, "ns2.acacia.example.", ("sip:61355500912@acacia.example",)),
    ],
)
def test_three_servers_lead_to_the_answer(servers, number, last, uris):
    found = walk(number, servers)
    assert kinds(found) == [
        ("ns.e164.arpa.", "referral"),
        ("ns.1.6.e164.arpa.", "referral"),
        (last, "answer"),
    ]
    assert (found.uris, found.outcome) == (uris, "answer")
    assert [hop.zone for hop in found.hops][:2] == ["e164.arpa.", "1.6.e164.arpa."]
    # Real queries: each server's log has one, for the whole name.
    for hop in found.hops:
        assert [entry.reply.name for entry in servers[hop.server][0].queries] == [found.domain]


def test_glue_comes_where_the_name_is_below_the_cut(servers):
    top, registry = walk("+61 2 5550 2345", servers).hops[:2]
    assert top.glue == ("ns.1.6.e164.arpa. 127.0.0.1",)
    assert "as glue" in top.said
    assert registry.glue == ()


@pytest.mark.parametrize(
    ("number", "ends"),
    [
        ("+1 202", [("ns.e164.arpa.", "no such name")]),
        ("+61 8", [("ns.e164.arpa.", "referral"), ("ns.1.6.e164.arpa.", "no such name")]),
        ("+61 2", [("ns.e164.arpa.", "referral"), ("ns.1.6.e164.arpa.", "no such type")]),
        ("+64 9", [("ns.e164.arpa.", "referral"), ("ns.registry-nz.example.", "failed")]),
    ],
)
def test_ways_that_end_early(servers, number, ends):
    found = walk(number, servers)
    assert kinds(found) == ends
    assert found.uris == found.records == ()


def test_other_services(servers):
    assert walk("+61 2 5550 2001", servers, service="email:mailto").uris == (
        "mailto:j.nguyen@acacia.example",
    )
    assert len(walk("+61 2 5550 2001", servers).records) == 2


def test_records_that_cannot_be_used_give_no_uri():
    text = TOP.format("a") + (
        '1 60 NAPTR 10 1 "u" "E2U+sip" "!^2!sip:no@match.example!" .\n'
        '1 60 NAPTR 10 2 "x" "E2U+sip" "!^.*$!sip:flag@a.example!" .\n'
        '1 60 NAPTR 10 3 "" "" "" elsewhere.example.\n'
        '1 60 NAPTR 10 4 "u" "E2U+sip" "!^.*$!sip:yes@a.example!" .\n'
    )
    found = walk("+1", {"ns.a.example.": Responder(Zone.from_text(text))})
    assert found.uris == ("sip:yes@a.example",)
    assert len(found.records) == 4


# Who may write what


def test_porting_by_one_record_at_tier_1(servers):
    (registry,) = servers["ns.1.6.e164.arpa."]
    cut = "2.1.9.0.0.5.5.5.3"
    registry.zone = registry.zone.without(cut).with_records(f"{cut} NS ns.banksia.example.")
    assert kinds(walk(PORTED, servers))[-1] == ("ns.banksia.example.", "lame")
    text = Zone.named("tier2-number").to_text()
    servers.add(
        Zone.from_text(text.replace("ns2.acacia", "ns.banksia").replace("acacia", "banksia"))
    )
    found = walk(PORTED, servers)
    assert kinds(found)[-1] == ("ns.banksia.example.", "answer")
    assert found.uris == ("sip:61355500912@banksia.example",)
    assert walk("+61 2 5550 1777", servers).uris == ("sip:61255501777@banksia.example",)


def test_porting_by_one_record_at_tier_2(servers):
    (acacia,) = servers["ns.acacia.example."]
    record = '5.4.3 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:night-clinic@banksia.example!" .'
    acacia.zone = acacia.zone.without("5.4.3").with_records(record)
    assert walk("+61 2 5550 2345", servers).uris == ("sip:night-clinic@banksia.example",)


def test_below_its_cut_tier_1_writes_in_vain(servers):
    (registry,) = servers["ns.1.6.e164.arpa."]
    before = walk("+61 2 5550 2345", servers)
    for record in (
        '5.4.3.2.0.5.5.5.2 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:hijack@registry.example!" .',
        "5.4.3.2.0.5.5.5.2 NS ns.banksia.example.",
    ):
        registry.zone = Zone.named("tier1").with_records(record)
        assert walk("+61 2 5550 2345", servers).uris == before.uris


# Servers that are of no use


def referring(*lines):
    return Responder(Zone.from_text("$TTL 60" + TOP.format("top") + "\n".join(lines)))


def test_the_next_name_is_tried_where_one_is_of_no_use():
    answering = Responder(Zone.named("tier2-banksia"))
    cut = "1.0.5.5.5.2.1.6"
    names = ("unknown", "refuses", "neither", "good")
    top = referring(*(f"{cut} NS {name}.example." for name in names))
    top.rotation = "none"
    found = walk(
        "+61255501777",
        {
            "ns.top.example.": top,
            "refuses.example": Responder(Zone.named("tier2-acacia")),
            "NEITHER.example.": top,  # leads to where one is already
            "good.example.": answering,
        },
    )
    assert kinds(found) == [
        ("ns.top.example.", "referral"),
        ("unknown.example.", "failed"),
        ("refuses.example.", "lame"),
        ("neither.example.", "lame"),
        ("good.example.", "answer"),
    ]
    assert [hop.note for hop in found.hops[1:4]] == [
        "no server by this name",
        "it says REFUSED",
        "it neither knows nor leads nearer",
    ]


def test_a_stopped_server_does_not_reply(servers):
    servers["ns.acacia.example."][0].stop()
    found = walk("+61 2 5550 2345", servers)
    assert (found.outcome, found.hops[-1].note, found.hops[-1].rcode) == ("failed", "no reply", "")


def test_an_alias_is_not_followed():
    text = TOP.format("a") + "1 60 CNAME x.example.\n"
    assert walk("+1", {"ns.a.example.": Responder(Zone.from_text(text))}).outcome == "alias"


def test_a_name_with_several_zones_answers_from_the_right_one():
    both = [Responder(Zone.named("tier2-acacia")), Responder(Zone.named("tier2-banksia"))]
    top = referring("1.0.5.5.5.2.1.6 NS two.example.", "2.0.5.5.5.2.1.6 NS two.example.")
    servers = {"ns.top.example.": top, "two.example.": both}
    assert walk("+61255501777", servers).outcome == "answer"
    assert walk("+61255502345", servers).outcome == "answer"


@pytest.mark.parametrize(
    ("servers", "options"), [({}, {}), ({"a.": Responder(Zone.named("tier0"))}, {"start": "b."})]
)
def test_nothing_to_start_with(servers, options):
    with pytest.raises(LabError, match="to start with"):
        walk("+61", servers, **options)


def test_no_number(servers):
    with pytest.raises(NumberError):
        walk("hello", servers)


def test_start_may_be_named(servers):
    found = walk("+61 2 5550 2345", servers, start="NS.1.6.e164.arpa", suffix="e164.arpa.")
    assert found.hops[0].server == "NS.1.6.e164.arpa."
    assert found.outcome == "answer"


# Starting and stopping


def test_all_stop_together():
    with serve_tiers(["tier0", Zone.named("tier1")]) as servers:
        running = [server for held in servers.values() for server in held]
        assert len(running) == 2
        assert all(isinstance(server, LabServer) and server.running for server in running)
    assert not any(server.running for server in running)


def test_none_is_left_running_where_one_zone_is_wrong(monkeypatch):
    started = []
    add = Tiers.add
    monkeypatch.setattr(Tiers, "add", lambda self, zone: started.append(add(self, zone)))
    with pytest.raises(ZoneError, match="no zone named"):
        serve_tiers(["tier0", "tier9"])
    assert len(started) == 1
    assert not started[0].running


# What is shown


def test_the_table_of_hops(servers):
    found = walk("+61 2 5550 2345", servers)
    assert repr(found).splitlines()[2].split()[:4] == [
        "1",
        "ns.e164.arpa.",
        "e164.arpa.",
        "NOERROR",
    ]
    html = found._repr_html_()
    assert html.count("<tr>") == 4
    assert "sip:night-clinic@acacia.example</caption>" in html
    assert "ns2.acacia.example. serves" in repr(servers)
    assert servers._repr_html_().count("<tr>") == 6


def test_the_tree(servers):
    found = walk("+61 2 5550 2345", servers)
    picture = found.plot(servers)
    assert picture.png.startswith(b"\x89PNG")
    assert picture.png == walk("+61 2 5550 2345", servers).plot(servers).png
    assert picture.sentence == (
        "+61 2 5550 2345: ns.e164.arpa. refers to ns.1.6.e164.arpa.; ns.1.6.e164.arpa. refers to "
        "ns.acacia.example.; ns.acacia.example. answers sip:night-clinic@acacia.example."
    )
    for words in (
        "e164.arpa (asked as number 1) leads to 1.6.e164.arpa, 4.6.e164.arpa.",
        "4.6.e164.arpa (no server here).",
        "2.0.5.5.5.2.1.6.e164.arpa (asked as number 3) leads to the answer.",
        "Answer: sip:night-clinic @acacia.example.",
    ):
        assert words in picture.alt
    other = walk(PORTED, servers).plot(servers)
    assert other.png != picture.png
    assert "2.1.9.0.0.5.5.5.3.1.6.e164.arpa (asked as number 3)" in other.alt


@pytest.mark.parametrize("number", ["+1", "+61 8", "+64 9"])
def test_a_tree_without_an_answer(servers, number):
    picture = walk(number, servers).plot(servers)
    assert picture.sentence.startswith(f"{number}: ")
    assert "Answer" not in picture.alt
