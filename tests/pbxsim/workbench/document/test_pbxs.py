"""Several PBXs in one workbench: which there are, new ones from templates, files taken in; and the templates themselves."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from engine.analysis import check
from engine.loading.load import examine
from pbxsim import datasets
from pbxsim.runs.run import simulate
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.document import sounds, templates
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.workspace import Workspace
from pbxsim.workbench.loadtest import days


@pytest.fixture
def workspace(example_path: Path, tmp_path: Path) -> Workspace:
    file = tmp_path / "pbx.yaml"
    file.write_bytes(example_path.read_bytes())
    (tmp_path / "pbx.draft.yaml").write_text("pbx: draft\n")
    (tmp_path / "scenario.yaml").write_text("scenario: a day\n")
    return Workspace(file, tmp_path / "state")


@pytest.mark.parametrize("name", templates.TEMPLATES[1:])
def test_a_template_passes_the_check_without_a_word_and_its_day_is_simulated(name: str) -> None:
    folder = datasets.folder() / "pbx" / name
    flow, faults = examine((folder / "pbx.yaml").read_bytes())
    assert flow is not None and faults == ()
    assert check.check(flow, trace_rows.first_of_january(flow.zone, dt.date(2026, 1, 1))) == ()
    results = simulate(flow, Scenario.load(folder / "scenario.yaml"), reps=1, processes=1, keep_records=False)
    assert results.simulated_calls > 50


@pytest.mark.parametrize("template", templates.TEMPLATES[1:])
def test_a_pbx_that_begins_in_russian_greets_in_russian(template: str) -> None:
    text = templates.made("Acme", "Asia/Omsk", template, "ru").text
    flow, faults = examine(text)
    assert flow is not None and faults == ()
    played = {name for name in flow.head.prompts if name != "music.wav"}
    assert {"welcome-ru.wav", "closed-ru.wav", "leave-a-message-ru.wav"} == played
    assert all(flow.head.prompts[name] == sounds.shipped()[name] for name in played)
    assert not re.search(r"(?<!-ru)\.wav", text.replace("music.wav", ""))
    assert text.count(".wav") == templates.made("Acme", "Asia/Omsk", template).text.count(".wav")


@pytest.mark.parametrize("template", templates.TEMPLATES[1:])
def test_a_pbx_that_begins_in_russian_calls_all_its_parts_in_russian(template: str) -> None:
    draft, english = (
        YAML(typ="safe", pure=True).load(templates.made("Acme", "Asia/Omsk", template, one).text)
        for one in ("ru", "en")
    )
    parts = [part for name in ("trunks", "elements", "users") for part in draft[name].values()]
    names = [part["name"] for part in parts] + [rule["name"] for rule in draft["outgoing"]["rules"]]
    assert [name for name in names if re.search("[A-Za-z]", name)] == []
    assert {key: len(part) for key, part in draft.items()} == {key: len(part) for key, part in english.items()}


def test_templates_are_what_they_say() -> None:
    def kinds(name: str) -> list[str]:
        draft = Draft.open(datasets.folder() / "pbx" / name / "pbx.yaml")
        return [draft.kind(id) for id in draft.ids()]

    assert kinds("callcentre").count("queue") == 22
    assert kinds("shop").count("trunk") == 2 and kinds("shop").count("hours") == 2


@pytest.mark.parametrize("template", templates.TEMPLATES)
def test_a_new_pbx_has_its_name_its_zone_and_a_scenario_of_its_own(workspace: Workspace, template: str) -> None:
    """R-01.6."""
    pbx = workspace.create(templates.made("Acme", "Asia/Omsk", template))
    assert (pbx.key, pbx.account) == ("acme.yaml", "acme")
    draft = workspace.open(None, pbx.file).draft
    assert (draft.data["pbx"], draft.data["zone"], draft.faults) == ("Acme", "Asia/Omsk", ())
    assert draft.text.startswith("#"), "comments of the template stay"
    if template != "empty":
        files = days.scenarios(pbx.file)
        assert days.first_of(list(files), "acme") == "acme" and Scenario.load(files["acme"])


def test_a_workbench_lists_documents_and_neither_drafts_nor_scenarios(workspace: Workspace) -> None:
    assert [pbx.account for pbx in workspace.pbxs()] == ["example"]
    workspace.create(templates.made("shop1", "UTC", "empty"))
    assert [(pbx.key, pbx.account) for pbx in workspace.pbxs()] == [("pbx.yaml", "example"), ("shop1.yaml", "shop1")]
    assert workspace.file_of("shop1.yaml").name == "shop1.yaml"
    assert workspace.file_of("../../etc/passwd") == workspace.file_of(None) == workspace.file


def test_each_pbx_has_documents_in_edit_of_its_own_also_after_a_restart(workspace: Workspace, tmp_path: Path) -> None:
    other = workspace.create(templates.made("shop1", "UTC", "office")).file
    one, two = workspace.open(None), workspace.open(None, other)
    two.draft.rename("5200", "Tills")
    workspace.keep(two.key)
    assert one.draft.title("5200") == "Sales"
    again = Workspace(workspace.file, tmp_path / "state").open(two.key)
    assert again.stored and again.draft.path == other and again.draft.title("5200") == "Tills"


@pytest.mark.parametrize(
    ("name", "zone", "said"),
    [("x", "UTC", "letters"), ("1abc", "UTC", "letters"), ("бюро", "UTC", "letters"), ("acme", "Moon", "no time zone")],
)
def test_a_name_or_a_zone_that_is_none_is_refused(name: str, zone: str, said: str) -> None:
    """R-01.6, R-11.6."""
    with pytest.raises(EditRefused, match=said):
        templates.made(name, zone, "empty")


def test_no_pbx_takes_the_name_of_another(workspace: Workspace) -> None:
    """R-01.6: names are compared without case."""
    workspace.create(templates.made("acme", "UTC", "empty"))
    for name in ("acme", "ACME", "Example"):
        with pytest.raises(EditRefused, match="already"):
            workspace.create(templates.made(name, "UTC", "empty"))


def test_new_ones_never_go_beside_the_examples_of_the_project(
    example_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pbx = Workspace(example_path, tmp_path / "state").create(templates.made("acme", "UTC", "empty"))
    assert pbx.file.parent == tmp_path


def test_a_file_is_taken_in_as_it_is_and_its_faults_have_lines(example_path: Path, workspace: Workspace) -> None:
    data = example_path.read_bytes().replace(b"pbx: example", b"pbx: Second").replace(b"ring: 20", b"ring: 500")
    new = templates.read(data)
    assert [(fault.line, fault.rule) for fault in new.faults] == [(50, "R-07.4"), (56, "R-07.4")]
    assert workspace.create(new).file.read_bytes() == data


def test_a_file_that_is_no_yaml_or_no_pbx_is_refused_with_its_line() -> None:
    with pytest.raises(templates.Unreadable) as refused:
        templates.read(b"pbx: acme\nusers:\n  100: {name: Anna\n")
    assert [fault.line for fault in refused.value.faults] and refused.value.faults[0].line >= 3
    with pytest.raises(EditRefused, match="no name"):
        templates.read(b"scenario: a day\n")
    with pytest.raises(EditRefused, match="larger"):
        templates.read(b"#" * (templates.LARGEST_BYTES + 1))
