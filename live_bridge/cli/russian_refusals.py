"""Refusals of the configuration, of databases, journals and sounds, in Russian: the catalogue beside the English sentences of
`config.py`, `hosting/`, `service/`, `store/` and `media/`.

Decides the Russian words alone. A sentence is found by its English pattern, and what stands in its braces are names, numbers and
words of the files, which stay. What is not here is told in English, and a test asks for all that these parts can say.
"""

from __future__ import annotations

import re
from typing import Final

from engine.contract.errors import PbxError
from engine.document.faults import Fault
from engine.translations import faults_ru, system_ru
from engine.translations.catalogue import Catalogue

SENTENCES: Final = {
    **system_ru.TEXTS,
    # a file as a whole, and its secrets
    "{why}: give an existing file with --config": "{why}: укажите существующий файл в --config",
    "{why}: it is named under `secrets`": "{why}: он назван в `secrets`",
    "{why}: it is named under `pbxs`, `template`": "{why}: он назван в `pbxs`, `template`",
    "talks are recorded by the document's word: write `record: on` at a trunk, queue, group or user of the document, or under "
    "its `settings`": (
        "записывать ли разговоры, говорит документ: напишите `record: on` у линии, очереди, группы или сотрудника либо в "
        "его `settings`"
    ),
    "others can read it (mode {mode}): run chmod 600 {file}": (
        "файл могут читать другие (права {mode}): выполните chmod 600 {file}"
    ),
    "not YAML of name: secret": "это не YAML вида «имя: секрет»",
    "the secret {name} is nowhere: set {variable} or `{key}:` in {file}": (
        "секрета {name} нигде нет: задайте {variable} или `{key}:` в {file}"
    ),
    "the secret {name} is nowhere: set {variable} or name a file under `secrets`": (
        "секрета {name} нигде нет: задайте {variable} или назовите файл в `secrets`"
    ),
    "set {name} in the environment": "задайте переменную окружения {name}",
    "there is no PBX {word}: give a file, or one of {known}": "нет АТС {word}: укажите файл или одну из {known}",
    "the document has no {unknown}, only {known}": "в документе нет {unknown}, есть {known}",
    "`front` says on which address telephones are served: it is not there": (
        "`front` говорит, на каком адресе обслуживать телефоны: этого раздела нет"
    ),
    # parts of live.yaml and hosting.yaml
    "two webhooks have the same name": "у двух вебхуков одно имя",
    "`origins` are of pages, which cannot speak {transport}: use wss": (
        "`origins` — это страницы, а они по {transport} не говорят: нужен wss"
    ),
    "beyond this machine browsers need encryption: use wss, with a certificate and a key": (
        "за пределами этой машины браузерам нужно шифрование: wss с сертификатом и ключом"
    ),
    "beyond this machine browsers need encryption: use wss": "за пределами этой машины браузерам нужно шифрование: wss",
    "wss needs a certificate and a key": "для wss нужны сертификат и ключ",
    "tls and wss need a certificate and a key": "для tls и wss нужны сертификат и ключ",
    "name the pages browser phones come from under `origins`, as https://phones.example.org": (
        "назовите в `origins` страницы, с которых звонят из браузера, например https://phones.example.org"
    ),
    "{origin} is no origin: give scheme, host and perhaps port, as https://phones.example.org": (
        "{origin} — не адрес страницы: нужны схема, имя и, если надо, порт, например https://phones.example.org"
    ),
    "{origin} is no origin: give scheme, host and perhaps port": (
        "{origin} — не адрес страницы: нужны схема, имя и, если надо, порт"
    ),
    "ports are two numbers from 1024 to 65535, at least 100 apart": (
        "нужны два порта от 1024 до 65535, между ними не меньше 100"
    ),
    "{name} are two numbers from 1024 to 65535, the lower one first": (
        "{name}: нужны два числа от 1024 до 65535, сначала меньшее"
    ),
    "media_ports have no room for one PBX: a PBX takes media_ports_each of them": (
        "в media_ports не хватает портов и на одну АТС: ей нужно media_ports_each портов"
    ),
    "{most} PBXs have taken all ports: widen sip_ports, api_ports and media_ports under `pbxs`": (
        "все порты заняты, АТС: {most}; расширьте sip_ports, api_ports и media_ports в `pbxs`"
    ),
    "srtp sends its keys in the signalling, which must be encrypted: write transport: tls": (
        "ключи srtp идут в сигнализации, её надо шифровать: напишите transport: tls"
    ),
    "beyond this machine the API needs a certificate and a key": (
        "за пределами этой машины API нужны сертификат и ключ"
    ),
    "beyond this machine people need encryption: `public` begins with https://": (
        "за пределами этой машины людям нужно шифрование: `public` начинается с https://"
    ),
    "the encrypted WebSocket needs a certificate and a key, or write socket_port: null": (
        "шифрованному WebSocket нужны сертификат и ключ; или напишите socket_port: null"
    ),
    "give name_url, user_url or both: where {{number}} stands the caller's number is put": (
        "укажите name_url, user_url или оба: вместо {{number}} встанет номер звонящего"
    ),
    "a codec stands there twice": "кодек указан дважды",
    "add PCMA: what is heard from the PBX itself is in G.711 or G.722": (
        "добавьте PCMA: всё, что говорит сама АТС, — в G.711 или G.722"
    ),
    "its path has letters, digits and . / @ + _ - alone: it stands in Kamailio's configuration": (
        "в этом пути бывают только буквы, цифры и . / @ + _ -: он стоит в настройках Kamailio"
    ),
    "two of `listen` and `inner_port` have the same address": "в `listen` и `inner_port` дважды один адрес",
    # what any setting may be, as pydantic says it
    "extra inputs are not permitted": "такой настройки нет",
    "field required": "эту настройку надо указать",
    "input should be greater than or equal to {bound}": "должно быть не меньше {bound}",
    "input should be less than or equal to {bound}": "должно быть не больше {bound}",
    "input should be greater than {bound}": "должно быть больше {bound}",
    "input should be less than {bound}": "должно быть меньше {bound}",
    "input should be a valid integer": "нужно целое число",
    "input should be a valid integer, unable to parse string as an integer": "нужно целое число",
    "input should be a valid integer, got a number with a fractional part": "нужно целое число, без дробной части",
    "input should be a valid number": "нужно число",
    "input should be a valid number, unable to parse string as a number": "нужно число",
    "input should be a valid decimal": "нужно десятичное число",
    "decimal input should be an integer, float, string or Decimal object": "нужно десятичное число",
    "decimal input should have no more than {count} decimal places": "знаков после точки не больше {count}",
    "input should be a valid string": "нужен текст",
    "input should be a valid boolean": "нужно true или false",
    "input should be a valid boolean, unable to interpret input": "нужно true или false",
    "input should be a valid dictionary": "нужны пары «имя: значение»",
    "input should be a valid dictionary or instance of {part}": "нужны пары «имя: значение»",
    "input should be a valid tuple": "нужен список",
    "input is not a valid path for {kind}": "нужен путь",
    "input should be {choices} or {last}": "подходит {choices} или {last}",
    "string should match pattern '{expression}'": "текст не подходит под образец {expression}",
    "string should have at most {count} characters": "символов не больше {count}",
    "tuple should have at least {least} item after validation, not {count}": "нужно не меньше {least}, а здесь {count}",
    "tuple should have at least {least} items after validation, not {count}": "нужно не меньше {least}, а здесь {count}",
    "tuple should have at most {most} items after validation, not {count}": "нужно не больше {most}, а здесь {count}",
    "dictionary should have at most {most} items after validation, not {count}": (
        "нужно не больше {most}, а здесь {count}"
    ),
    "unable to extract tag using discriminator '{name}'": "укажите `{name}`",
    "input tag '{tag}' found using '{name}' does not match any of the expected tags: {known}": (
        "`{name}` не бывает «{tag}»; бывает {known}"
    ),
    "{text} does not appear to be an IPv4 or IPv6 address": "{text} — не адрес IPv4 или IPv6",
    "{text} does not appear to be an IPv4 or IPv6 network": "{text} — не сеть IPv4 или IPv6",
    "{network} has host bits set": "{network}: у адреса сети не нулевые биты узла",
    # what is served to telephones by Kamailio
    "{text} is no address of SIP: give a numeric host and a port, as 10.0.0.2:5060": (
        "{text} — не адрес SIP: нужны числовой адрес и порт, например 10.0.0.2:5060"
    ),
    "kamailio is not installed: apt-get install kamailio kamailio-tls-modules kamailio-websocket-modules": (
        "kamailio не установлен: apt-get install kamailio kamailio-tls-modules kamailio-websocket-modules"
    ),
    "Kamailio does not take {file}:": "Kamailio не принимает {file}:",
    "Kamailio of {folder} refuses {method}: {words}": "Kamailio в {folder} отказывает в {method}: {words}",
    "Kamailio of {folder} does not answer ({error}): start it": "Kamailio в {folder} не отвечает ({error}): запустите его",
    # databases and journals
    "no such database; name the folder of a bridge, or its URL, with --database": (
        "нет такой базы; назовите папку моста или URL в --database"
    ),
    "{url} is no database URL: write sqlite:///path or postgresql+psycopg://…": (
        "{url} — не URL базы: напишите sqlite:///путь или postgresql+psycopg://…"
    ),
    "the database {database} cannot be opened: {why}": "база {database} не открывается: {why}",
    "the database {database} cannot be made: {why}": "базу {database} не создать: {why}",
    "the database was written by a newer version of pbx-workbench: use that one": (
        "базу записала более новая версия pbx-workbench: пользуйтесь ею"
    ),
    "the database does not answer: {why}": "база не отвечает: {why}",
    "the database takes nothing: {why}": "база ничего не принимает: {why}",
    "the database refused to write, and nothing was changed: {why}; try again": (
        "база отказалась писать, ничего не изменено: {why}; попробуйте ещё раз"
    ),
    "the key in {file} cannot be read or made: {why}": "ключ в {file} не прочитать и не создать: {why}",
    "the audit trail begins with this version: its first start needs the database": (
        "журнал аудита начинается с этой версии: для первого запуска нужна база"
    ),
    "nothing was changed, for the journal cannot be written: {why}": "ничего не изменено: журнал не пишется: {why}",
    "the disk does not confirm what it took: {why}": "диск не подтверждает, что записал: {why}",
    "it does not answer": "не отвечает",
    "the journal in {folder} cannot be opened: {why}": "журнал в {folder} не открывается: {why}",
    "{folder} is written by another bridge that runs: stop it first": (
        "в {folder} пишет другой работающий мост: сначала остановите его"
    ),
    "{file} has format {form}, this version reads {known}: use the version of pbx-workbench that wrote it": (
        "{file}: формат {form}, эта версия читает {known}: пользуйтесь той версией pbx-workbench, которая его записала"
    ),
    # sounds
    "rtp.io takes no spaces in paths, choose another folder for media": (
        "rtp.io не принимает пробелов в пути, выберите другую папку"
    ),
    "no such prompts folder": "нет такой папки с записями",
    "{size} MB, at most 10 MB are taken (R-05.2)": "{size} МБ, а берётся не больше 10 МБ (R-05.2)",
    "longer than 5 minutes (R-05.2)": "длиннее 5 минут (R-05.2)",
    "holds no sound": "нет звука",
    "not a WAV with PCM samples ({error}): save it as 16-bit PCM (R-05.2)": (
        "не WAV с отсчётами PCM ({error}): сохраните как 16-битный PCM (R-05.2)"
    ),
    "{rate} samples a second, {low} to {high} are read: save it at 16000": (
        "отсчётов в секунду {rate}, читается от {low} до {high}: сохраните с 16000"
    ),
    "samples of {width} bytes in {channels} channels are not read (R-05.2)": (
        "отсчёты по {width} байт в каналах: {channels} — не читаются (R-05.2)"
    ),
    "MP3 cannot be read here: install the miniaudio package or the ffmpeg program": (
        "MP3 здесь не читается: установите пакет miniaudio или программу ffmpeg"
    ),
    "not an MP3 file (R-05.2)": "не файл MP3 (R-05.2)",
    "cannot write MP3 here: install the lameenc package, or the lame or ffmpeg program": (
        "MP3 здесь не записать: установите пакет lameenc или программу lame или ffmpeg"
    ),
}  # fmt: skip

_CATALOGUE: Final = Catalogue(SENTENCES)
_PLACE: Final = re.compile(r"(?P<place>(?:[^\s:]+|[^:]+:\d+): )(?P<said>.+)")
"""What stands before a sentence: a file with its line, a setting within it."""


def told(error: PbxError | str, language: str) -> str:
    """A refusal as readers of a language read it, a line each.

    >>> told("live.yaml:3: listen.0: wss needs a certificate and a key", "ru")
    'live.yaml:3: listen.0: для wss нужны сертификат и ключ'
    """
    if language != "ru":
        return str(error)
    faults = [fault for fault in getattr(error, "faults", ()) if isinstance(fault, Fault)]
    if faults:
        return "\n".join(
            faults_ru.in_language(one, language).line_of(faults_ru.severity(one.severity, language)) for one in faults
        )
    return "\n".join(map(_line, str(error).split("\n")))


def _line(text: str) -> str:
    """One sentence with what stands before it; itself where the catalogue lacks it."""
    found = _CATALOGUE.pattern(text)
    if found is not None:
        template, arguments = found
        return SENTENCES[template].format_map(
            {name: _line(value) if name == "why" else value for name, value in arguments.items()}
        )
    match = _PLACE.fullmatch(text)
    if match is None:
        return text
    return match["place"].replace("the file: ", "файл: ") + _line(match["said"])
