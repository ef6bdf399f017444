"""What the command line says, in Russian, of words that it does not understand: sentences of typer, click and pydantic.

Leaves finding out what is wrong to typer; a sentence that is not here stays English.
"""

from __future__ import annotations

from typing import Final

from engine.translations.catalogue import Catalogue

SENTENCES: Final = {
    "Invalid value for {hint}: {message}": "Неверное значение {hint}: {message}",
    "Invalid value: {message}": "Неверное значение: {message}",
    "Missing argument {hint}.": "Не указан аргумент {hint}.",
    "Missing option {hint}.": "Не указан параметр {hint}.",
    "Missing argument {hint}. {message}": "Не указан аргумент {hint}. {message}",
    "Missing option {hint}. {message}": "Не указан параметр {hint}. {message}",
    "Missing command.": "Не указана команда.",
    "No such option: {name}": "Такого параметра нет: {name}",
    "No such option: {name} (Possible options: {near})": "Такого параметра нет: {name} (есть {near})",
    "No such command {name}.": "Такой команды нет: {name}.",
    "No such command {name}. Did you mean {near}?": "Такой команды нет: {name}. Может быть, {near}?",
    "Got unexpected extra argument(s) ({words})": "Лишние слова: {words}",
    "Argument {name} takes {count} values.": "Аргумент {name} состоит из {count} значений.",
    "Option {name} requires an argument.": "Параметру {name} нужно значение.",
    "Option {name} requires {count} arguments.": "Параметру {name} нужны значения, а именно {count}.",
    "Option {name} does not take a value.": "У параметра {name} нет значения.",
    "Could not open file {name}: {reason}": "Не открывается файл {name}: {reason}",
    "{kind} {name} does not exist.": "{kind} {name}: такого нет.",
    "{kind} {name} is a file.": "{kind} {name}: это файл.",
    "{kind} {name} is a directory.": "{kind} {name}: это папка.",
    "{kind} {name} is not readable.": "{kind} {name}: читать нельзя.",
    "{kind} {name} is not writable.": "{kind} {name}: писать нельзя.",
    "{value} is not one of {choices}.": "{value} — не одно из {choices}.",
    "Value {value} is not a valid {kind}.": "{value} не подходит: нужно {kind}.",
    "Choose from: {choices}": "Возможны: {choices}",
    "Input should be a valid integer, unable to parse string as an integer": "нужно целое число",
    "Input should be a valid number, unable to parse string as a number": "нужно число",
    "Input should be a finite number": "нужно конечное число",
    "Input should be greater than {bound}": "нужно больше {bound}",
    "Input should be greater than or equal to {bound}": "нужно не меньше {bound}",
    "Input should be less than {bound}": "нужно меньше {bound}",
    "Input should be less than or equal to {bound}": "нужно не больше {bound}",
    "Unable to parse input string as an integer, exceeded maximum size": "число слишком длинное",
}

KINDS: Final = {
    "File": "Файл", "Directory": "Папка", "Path": "Путь", "file": "файл", "directory": "папка", "path": "путь",
}  # fmt: skip

_CATALOGUE: Final = Catalogue(SENTENCES)


def translated(text: str) -> str:
    """A sentence in Russian; parts that are sentences of their own, too.

    >>> translated("Invalid value for '--reps': Input should be greater than or equal to 1")
    "Неверное значение '--reps': нужно не меньше 1"
    >>> translated("No such command 'stfaf'. Did you mean 'staff'?")
    "Такой команды нет: 'stfaf'. Может быть, 'staff'?"
    """
    found = _CATALOGUE.pattern(" ".join(text.split()))
    if found is None:
        return text
    template, arguments = found
    said = {
        name: translated(value) if name == "message" else KINDS.get(value, value) for name, value in arguments.items()
    }
    return SENTENCES[template].format_map(said)
