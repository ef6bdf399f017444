"""What is wrong with a document, told on a Russian page in Russian."""

from __future__ import annotations

from pathlib import Path

from pbxsim.workbench.design import forms
from pbxsim.workbench.diagram import messages
from pbxsim.workbench.diagram.graph import picture
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts


def test_card_tells_its_fault_in_the_language_of_the_page(example_path: Path) -> None:
    text = example_path.read_text(encoding="utf-8").replace("max_wait: 300", "max_wait: 9000")

    def told(language: str) -> str:
        (queue,) = [node for node in picture(Draft(text), Texts(language))["nodes"] if node["id"] == "5200"]
        return str(queue["faults"][0]["text"])

    assert told("ru") == "«Ждать не дольше, с» не больше 7200, а не 9000 (R-08.9)"
    assert told("en") == "“Longest wait, s” must be at most 7200, not 9000 (R-08.9)"


def test_faults_of_a_file_that_is_not_open_are_told_by_line(example_path: Path) -> None:
    text = example_path.read_text(encoding="utf-8").replace("max_wait: 300", "max_wait: 9000")
    draft = Draft(text)
    (line,) = [n for n, one in enumerate(text.split("\n"), 1) if "max_wait: 9000" in one]
    (told,) = messages.by_line(draft.faults[:1], Texts("ru"))
    assert told == f"строка {line}: max_wait не больше 7200, а не 9000. Исправьте значение"
    many = messages.by_line(draft.faults[:1] * 10, Texts("en"))
    assert len(many) == messages.FAULTS_SHOWN + 1 and "2" in many[-1]


def test_recording_is_a_choice_of_three_with_words_in_both_languages() -> None:
    for kind in ("trunk", "user", "queue", "group"):
        (field,) = [field for field in forms.fields_of(kind) if field.name == "record"]
        assert (field.input, field.choices, field.default) == ("choice", ("default", "on", "off"), "default"), kind
        assert "R-24.4" in field.help
    for language in ("en", "ru"):
        texts = Texts(language)
        assert len({texts.option(choice) for choice in ("default", "on", "off")} | {"default", "on", "off"}) > 3
    assert Texts("ru").field("record") == "Запись разговоров"
