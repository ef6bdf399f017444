"""FusionPBX's tables become a document: from a dump that PostgreSQL makes itself, and from CSV; any cell may hold anything."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.analysis.preview import preview
from engine.analysis.scripted_world import Script
from engine.loading.load import load
from pbxsim.importers import fusionpbx_tables, reading
from pbxsim.importers.draft import ImportRefused
from tests.harness import T0
from tests.live_bridge.databases import postgres

from .test_any_file import ODD_WORDS, imports_or_refuses

ONE, OTHER = "11111111-0000-0000-0000-000000000001", "22222222-0000-0000-0000-000000000002"
TABLES: dict[str, list[dict[str, str]]] = {
    "v_domains": [
        {"domain_uuid": ONE, "domain_name": "one.example"},
        {"domain_uuid": OTHER, "domain_name": "other.example"},
    ],
    "v_extensions": [
        {"domain_uuid": ONE, "extension": "101", "effective_caller_id_name": "Anna", "password": "Secret-1", "enabled": "true"},
        {"domain_uuid": ONE, "extension": "102", "effective_caller_id_name": "Boris", "password": "Secret-2", "enabled": "true"},
        {"domain_uuid": ONE, "extension": "103", "effective_caller_id_name": "103", "enabled": "false"},
    ],
    "v_call_center_queues": [
        {
            "call_center_queue_uuid": "q1", "domain_uuid": ONE, "queue_name": "sales\tand more", "queue_extension": "8000",
            "queue_strategy": "longest-idle-agent", "queue_max_wait_time": "120", "queue_tier_rule_wait_second": "30",
            "queue_timeout_action": "transfer:*99101 XML one.example", "queue_moh_sound": "local_stream://default",
            "queue_description": "first line\nsecond line", "queue_cc_exit_keys": "",
        },
        {"call_center_queue_uuid": "q2", "domain_uuid": OTHER, "queue_name": "help", "queue_extension": "8000",
         "queue_strategy": "ring-all"},
    ],
    "v_call_center_agents": [
        {"call_center_agent_uuid": "a1", "domain_uuid": ONE, "agent_name": "Anna", "agent_contact": "user/101@one.example",
         "agent_call_timeout": "18", "agent_wrap_up_time": "10", "agent_password": "4711"},
        {"call_center_agent_uuid": "a2", "domain_uuid": ONE, "agent_name": "Boris", "agent_contact": "user/102@one.example",
         "agent_call_timeout": "18", "agent_wrap_up_time": "10"},
        {"call_center_agent_uuid": "a3", "domain_uuid": OTHER, "agent_name": "Vera", "agent_contact": "user/101@other.example"},
    ],
    "v_call_center_tiers": [
        {"domain_uuid": ONE, "call_center_queue_uuid": "q1", "call_center_agent_uuid": "a1", "tier_level": "1"},
        {"domain_uuid": ONE, "queue_name": "sales\tand more", "agent_name": "Boris", "tier_level": "2"},
        {"domain_uuid": OTHER, "call_center_queue_uuid": "q2", "call_center_agent_uuid": "a3", "tier_level": "1"},
    ],
    "v_ring_groups": [
        {"ring_group_uuid": "g1", "domain_uuid": ONE, "ring_group_name": "office", "ring_group_extension": "600",
         "ring_group_strategy": "simultaneous", "ring_group_call_timeout": "25", "ring_group_timeout_app": "transfer",
         "ring_group_timeout_data": "8000 XML one.example", "ring_group_enabled": "true"},
    ],
    "v_ring_group_destinations": [
        {"domain_uuid": ONE, "ring_group_uuid": "g1", "destination_number": "101", "destination_delay": "0"},
        {"domain_uuid": ONE, "ring_group_uuid": "g1", "destination_number": "+79161234567", "destination_prompt": "1"},
        {"domain_uuid": ONE, "ring_group_uuid": "g1", "destination_number": "8000"},
    ],
    "v_ivr_menus": [
        {"ivr_menu_uuid": "m1", "domain_uuid": ONE, "ivr_menu_name": "main", "ivr_menu_extension": "5000",
         "ivr_menu_greet_long": "ivr/welcome.wav", "ivr_menu_exit_app": "hangup", "ivr_menu_direct_dial": "true",
         "ivr_menu_enabled": "true"},
    ],
    "v_ivr_menu_options": [
        {"domain_uuid": ONE, "ivr_menu_uuid": "m1", "ivr_menu_option_digits": "1", "ivr_menu_option_action": "menu-exec-app",
         "ivr_menu_option_param": "transfer 8000 XML one.example"},
        {"domain_uuid": ONE, "ivr_menu_uuid": "m1", "ivr_menu_option_digits": "2", "ivr_menu_option_action": "menu-exec-app",
         "ivr_menu_option_param": "transfer 600 XML one.example"},
        {"domain_uuid": ONE, "ivr_menu_uuid": "m1", "ivr_menu_option_digits": "22", "ivr_menu_option_param": "hangup"},
    ],
    "v_destinations": [
        {"domain_uuid": ONE, "destination_type": "inbound", "destination_number": "74951234567",
         "destination_actions": '[{"destination_app":"transfer","destination_data":"5000 XML one.example"}]'},
        {"domain_uuid": ONE, "destination_type": "outbound", "destination_number": "74950000000"},
    ],
}  # fmt: skip


def dumped(tables: dict[str, list[dict[str, str]]]) -> str:
    """As `pg_dump` writes it."""
    out = ["--\n-- PostgreSQL database dump\n--\n", "COPY public.v_xml_cdr (a, b) FROM stdin;\n8000\tx\n\\.\n"]
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        out.append(f"COPY public.{name} ({', '.join(columns)}) FROM stdin;\n")
        for row in rows:
            cells = [row.get(column) for column in columns]
            out.append(
                "\t".join(
                    "\\N" if cell is None else cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
                    for cell in cells
                )
                + "\n"
            )
        out.append("\\.\n\n")
    return "".join(out)


def csv_files(folder: Path) -> list[Path]:
    """Each table as a file of its own."""
    found = []
    for name, rows in TABLES.items():
        path = folder / f"{name}.csv"
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", newline="", encoding="utf-8") as text:
            writer = csv.DictWriter(text, columns)
            writer.writeheader()
            writer.writerows(rows)
        found.append(path)
    return found


def is_the_pbx(text: str) -> None:
    """What the tables say of `one.example`."""
    assert "Secret" not in text and "4711" not in text
    flow = load(text, "imported")

    def landing(keys: str) -> int | None:
        called = preview(flow, T0, called="74951234567", caller="79160000001", script=Script(keys=keys))
        return called.landing.user

    assert landing("1") == 101, "Anna of the first tier"
    assert landing("2") == 101, "the ring group rings Anna too"
    elements = YAML(typ="safe").load(text)["elements"]
    queue, menu, group = elements[5200], elements[5000], elements[5300]
    assert (queue["name"], queue["strategy"], queue["tier_wait"]) == ("sales and more", "longest_idle", 30)
    assert (queue["max_wait"], queue["ring"], queue["wrap_up"]) == (120, 18, 10)
    assert queue["members"] == [{"user": 101}, {"user": 102, "tier": 2}]
    assert elements[queue["timeout"]]["kind"] == "voicemail" and group["no_answer"] == 5200
    assert menu["keys"] == {"1": 5200, "2": 5300} and menu["dial_extension"] and menu["no_input"] == "hangup"
    assert group["members"] == [101, {"number": "+79161234567", "press_one": True}]


@pytest.mark.parametrize("form", ["dump", "csv"])
def test_the_tables_become_queues_groups_menus_and_trunks(form: str, tmp_path: Path) -> None:
    paths = csv_files(tmp_path) if form == "csv" else [tmp_path / "fusionpbx.sql"]
    if form == "dump":
        paths[0].write_text(dumped(TABLES), encoding="utf-8")
    text, losses = reading.read(paths, "imported", "one.example")
    is_the_pbx(text)
    told = losses.report(mapped=True)
    for setting in (
        "left out", "queue_description=first line", "moh-sound=local_stream://default", "key 22", "office: 8000", "extension=103",
        "destination 74950000000",
    ):  # fmt: skip
        assert setting in told, (setting, told)


def test_a_database_of_several_pbxs_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "fusionpbx.sql"
    path.write_text(dumped(TABLES), encoding="utf-8")
    with pytest.raises(ImportRefused, match=r"--domain: one\.example, other\.example"):
        reading.read([path])
    with pytest.raises(ImportRefused, match="no domain third"):
        reading.read([path], domain="third")
    text, _ = reading.read([path], domain="other.example")
    data = YAML(typ="safe").load(text)
    assert [one["name"] for one in data["elements"].values()] == ["help"] and data["users"] == {101: {"name": "Vera"}}
    path.write_text("INSERT INTO public.v_call_center_queues VALUES ('a');\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match="without --inserts"):
        reading.read([path])


@pytest.mark.debian
def test_a_dump_that_postgresql_makes(tmp_path: Path) -> None:
    path = tmp_path / "fusionpbx.sql"
    with postgres() as url:
        engine = sa.create_engine(url)
        for name, rows in TABLES.items():
            columns = dict.fromkeys(column for row in rows for column in row)
            table = sa.Table(name, sa.MetaData(), *(sa.Column(column, sa.Text) for column in columns))
            with engine.begin() as connection:
                table.create(connection)
                for row in rows:
                    connection.execute(table.insert().values(**row))
        engine.dispose()
        plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run(["pg_dump", "--dbname", plain, "--file", str(path)], check=True, timeout=60)
    is_the_pbx(reading.read([path], "imported", "one.example")[0])


@settings(max_examples=80)
@given(st.data())
def test_any_cell_may_hold_anything(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    tables = {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
    del tables["v_domains"]
    for rows in tables.values():
        rows[:] = [row for row in rows if row["domain_uuid"] == ONE]
    for _ in range(data.draw(st.integers(1, 3))):
        rows = tables[data.draw(st.sampled_from(sorted(tables)))]
        row = rows[data.draw(st.integers(0, len(rows) - 1))]
        row[data.draw(st.sampled_from(sorted(row)))] = data.draw(st.sampled_from(ODD_WORDS) | st.text(max_size=12))
    path = tmp_path_factory.mktemp("odd") / "fusionpbx.sql"
    path.write_text(dumped(tables), encoding="utf-8", errors="replace")
    imports_or_refuses(path)


@settings(max_examples=60)
@given(st.text(alphabet='COPYv_ ()"\\.\tNxq,;\n', max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    for end in ("sql", "csv"):
        path = tmp_path_factory.mktemp("odd") / f"odd.{end}"
        path.write_text(text, encoding="utf-8")
        try:
            assert set(fusionpbx_tables.read([path])) == set(fusionpbx_tables.KNOWN_BY)
        except ImportRefused as refusal:
            assert str(refusal)
