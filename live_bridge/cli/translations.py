"""Russian texts of the bridge's commands, by the English ones; what is not here stays English."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def language(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> str:
    """`ru` or `en`, by `--lang`, then LC_ALL, LC_MESSAGES, LANG.

    >>> language(["live", "--lang", "ru"], {}), language([], {"LANG": "ru_RU.UTF-8"}), language([], {})
    ('ru', 'ru', 'en')
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    known = os.environ if environment is None else environment
    for place, word in enumerate(words):
        if word == "--lang" and place + 1 < len(words):
            return "ru" if words[place + 1].lower().startswith("ru") else "en"
        if word.startswith("--lang="):
            return "ru" if word[7:].lower().startswith("ru") else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if known.get(name):
            return "ru" if known[name].lower().startswith("ru") else "en"
    return "en"


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, its `{names}` filled in."""
    if language() == "ru":
        text = TEXTS.get(text, text)
    return text.format(**values) if values else text


TEXTS: dict[str, str] = {
    # phones
    "In a browser of that network open http://PHONE/admin/resync?ADDRESS: the phone's own address in place of PHONE, "
    "that above in place of ADDRESS. Or enter it at {at}.": (
        "В браузере той же сети откройте http://PHONE/admin/resync?ADDRESS: вместо PHONE — адрес самого телефона, вместо "
        "ADDRESS — адрес выше. Или введите его в {at}."
    ),
    "On the phone's own page enter it at {at}, press Confirm, then Auto Provision Now.": (
        "На странице телефона введите его в {at}, нажмите Confirm, затем Auto Provision Now."
    ),
    "On the phone's own page enter it at {at} and save; the phone restarts with the profile.": (
        "На странице телефона введите его в {at} и сохраните; телефон перезапустится с профилем."
    ),
    "At {at} enter the base's MAC address and this address, then restart the base.": (
        "В {at} введите MAC-адрес базы и этот адрес, затем перезапустите базу."
    ),
    "Let the app scan the code below, or enter the address at {at}.": (
        "Отсканируйте код ниже в приложении или введите адрес в {at}."
    ),
    "Open it on the user's own device and press the button: the page shows what is entered where, and a code to scan.": (
        "Откройте его на устройстве сотрудника и нажмите кнопку: страница покажет, что куда ввести, и код."
    ),
    "Make a profile for this model; without it the user's phones are listed.": (
        "Создать профиль для этой модели; без неё — список телефонов сотрудника."
    ),
    "Where the phone sends to, if not to the bridge itself: HOST:PORT.": "Куда обращаться телефону, если не к мосту: АДРЕС:ПОРТ.",
    "udp, tcp or tls; the first that bridge and phone have when left out.": "udp, tcp или tls; без него — первый общий.",
    "Hardware address on the label of a Gigaset.": "MAC-адрес с этикетки Gigaset.",
    "Take a profile back by its id: its phone cannot register again.": (
        "Отозвать профиль по его id: телефон больше не зарегистрируется."
    ),
    "The profile {id} is taken back.": "Профиль {id} отозван.",
    "Profile {id} of {phone} for user {user}. It is fetched once, until {until} UTC, at:": (
        "Профиль {id}, {phone}, сотрудник {user}. Загружается один раз, до {until} UTC, по адресу:"
    ),
    "The phone's own page opens with {shipped} as shipped, afterwards with the password {password} (shown once).": (
        "Страница телефона открывается заводским {shipped}, после профиля — с паролем {password} (показан один раз)."
    ),
    "Or by hand, at {menu}:": "Или вручную, в {menu}:",
    "the user's name": "имя сотрудника",
    "what pbx passwd {user} shows": "то, что покажет pbx passwd {user}",
    "on": "включить",
    "Field": "Поле",
    "Value": "Значение",
    "Contact": "Контакт",
    "Device": "Устройство",
    "Since": "С",
    "before the bridge's start": "до запуска моста",
    "User {user} has no phone that is registered.": "У сотрудника {user} нет зарегистрированных телефонов.",
    "Profile": "Профиль",
    "Model": "Модель",
    "Fetched": "Загружен",
    "not yet, until {until}": "ещё нет, до {until}",
    "Models: {models}": "Модели: {models}",
    "Any other soft phone": "другой программный телефон",
    # the hosting process and the stand-ins
    "Configuration of the hosting process (hosting.yaml).": "Настройки хостинга (hosting.yaml).",
    "is being made": "создаётся",
    "starts": "запускается",
    "runs": "работает",
    "does not run": "не работает",
    "closed": "закрыт",
    "Bank statement in the exchange format of 1C.": "Выписка банка в формате обмена 1С.",
    "Name of the account.": "Имя аккаунта.",
    "Address of its bridge's API.": "Адрес API его моста.",
    "Host and port of its SIP, for the front: 10.0.0.2:5060.": "Адрес и порт его SIP, для общего адреса: 10.0.0.2:5060.",
    "Let Kamailio judge what was written.": "Пусть Kamailio проверит, что записано.",
    "File with a token of the scope account:write.": "Файл с ключом, у которого есть право account:write.",
    "paid an invoice": "оплатили счёт",
    "credited without invoice": "зачислены без счёта",
    "known already": "уже известны",
    "wait for a person": "ждут человека",
    "not to our account, or not yet there": "не на наш счёт или ещё не поступили",
    "Whom it stands in for.": "Кого заменяет.",
    "Port on this machine; each has its own if left out.": "Порт на этой машине; без него — свой у каждого.",
    "Where the scans are put, in a folder by the account's name.": "Куда положить сканы: в папку по имени аккаунта.",
    "The scans do not confirm it: others may be sent.": "Сканы не подтверждают аккаунт: можно отправить другие.",
    "Address of the hosting process, for notices.": "Адрес хостинга, для уведомлений.",
    "Login of the shop (Robokassa), merchant's number (Platron) or account (operator).": (
        "Логин магазина (Robokassa), номер продавца (Platron) или аккаунта (оператор)."
    ),
    "Our account with the bank.": "Наш счёт в банке.",
    "Seconds that the CRM takes for an answer.": "Сколько секунд CRM отвечает.",
    "Have the CRM fail.": "Пусть CRM отвечает ошибкой.",
    "Where e-mails are kept.": "Где хранятся письма.",
    "Set {name} in the environment.": "Задайте {name} в окружении.",
    # what options mean
    "What happened at or after this time (2026-11-23 or 2026-11-23T09:00).": (
        "Что было в это время или позже (2026-11-23 или 2026-11-23T09:00)."
    ),
    "What happened before this time.": "Что было до этого времени.",
    "yes": "да",
    "no": "нет",
    "Internal number of one member.": "Внутренний номер одного участника.",
    "{count} rows written to {path}.": "{count} строк записано в {path}.",
    "Nothing is recorded.": "Ничего не записано.",
    "Member": "Участник",
    "What": "Что",
    "When": "Когда",
    "Queue": "Очередь",
    "Reason": "Причина",
    "Seconds": "Секунды",
    "Document: a file, a folder, or the name of a PBX that comes with us.": "Документ: файл, папка или имя поставляемой АТС.",
    "Configuration file; without it a bridge to try out on this machine.": (
        "Файл настроек; без него — пробный мост на этой машине."
    ),
    "HOST:PORT on which SIP (UDP) is served.": "АДРЕС:ПОРТ, на котором принимается SIP (UDP).",
    "Database, recordings and prepared sounds.": "База данных, записи и подготовленные звуки.",
    "Stop by itself after so many seconds.": "Остановиться самому через столько секунд.",
    "One JSON value per line, for programs.": "По одному значению JSON в строке, для программ.",
    "Journal file; without it the last run in the database.": "Файл журнала; без него — последний запуск из базы.",
    "Number of a run in the database.": "Номер запуска в базе.",
    "Database: a URL, or the folder of a bridge.": "База данных: URL или папка моста.",
    "Write the run as a journal file instead.": "Вместо этого записать запуск в файл журнала.",
    "Calls that began at or after this time (2026-11-23 or 2026-11-23T09:00).": (
        "Вызовы не раньше этого времени (2026-11-23 или 2026-11-23T09:00)."
    ),
    "Calls that began before this time.": "Вызовы раньше этого времени.",
    "Caller's or called number.": "Номер вызывающего или вызываемый номер.",
    "Calls on this version only: v7, a name, or the beginning of a digest.": (
        "Только вызовы этой версии: v7, имя или начало отпечатка."
    ),
    "Write text, CSV, JSON or Parquet.": "Вывести текст, CSV, JSON или Parquet.",
    "At most so many calls; 50 in a table, all in a file.": "Не больше стольких вызовов; 50 в таблице, все в файле.",
    "File to write; its name tells the form.": "Файл для записи; его имя говорит о виде.",
    "{path}: a file is written as .csv, .json or .parquet; name one with --format.": (
        "{path}: файл пишется как .csv, .json или .parquet; назовите вид ключом --format."
    ),
    "{count} calls written to {path}.": "Вызовов: {count}, файл {path}.",
    "Form of the log on standard error; JSON lines with --config.": (
        "Вид журнала в потоке ошибок; строки JSON с --config."
    ),
    "Id of a call, or its beginning.": "Номер вызова или его начало.",
    "Write a Mermaid sequence diagram.": "Вывести диаграмму последовательности Mermaid.",
    "Internal number of the user.": "Внутренний номер пользователя.",
    "Take the password from standard input instead of making one.": "Взять пароль со стандартного ввода, а не создать.",
    # what commands say
    "Answering SIP on {address} as {domain}.": "Принимаю SIP на {address}, домен {domain}.",
    "Call": "Позвоните",
    "Users": "Пользователи",
    "Passwords of this trial": "Пароли этой пробы",
    "Folder": "Папка",
    "History so far": "Вызовов в истории",
    "{count} calls of a bridge that was killed were closed.": "Закрыто вызовов прерванного моста: {count}.",
    "Name of the person who takes the document's warnings upon themselves.": (
        "Имя того, кто берёт предупреждения о документе на себя."
    ),
    "The changed document is held back: {reason}": "Изменённый документ удержан: {reason}",
    "Ctrl-C stops.": "Ctrl-C останавливает.",
    "Stopping; calls in progress get {seconds:.0f} s.": "Останавливаюсь; текущим вызовам даётся {seconds:.0f} с.",
    "Stopped.": "Остановлено.",
    "The media relay does not answer any more; start again.": "Медиасервер больше не отвечает; запустите снова.",
    "Some calls were cut off.": "Некоторые вызовы оборваны.",
    "{count} events replayed, {calls} calls: the engine says the same, word for word.": (
        "Событий повторено: {count}, вызовов: {calls}; движок говорит то же самое, слово в слово."
    ),
    "The replay differs.": "Повтор расходится с записью.",
    "There is no run of {pbx} in {database}.": "В {database} нет запусков {pbx}.",
    "{count} records written to {path}.": "Записей: {count}, файл {path}.",
    "No calls.": "Вызовов нет.",
    "The database is behind: {size} kB of {journal} are not in it yet, the latest calls are missing here.": (
        "База данных отстаёт: {size} кБ из {journal} в неё ещё не попали, последних вызовов здесь нет."
    ),
    "There is no call {call} in {database}.": "В {database} нет вызова {call}.",
    "{call} fits several calls: {calls}": "{call} подходит к нескольким вызовам: {calls}",
    "Password of user {user} in {domain} (shown once):": "Пароль пользователя {user} в {domain} (показывается один раз):",
    "There is no user {user} in {pbx}.": "В {pbx} нет пользователя {user}.",
    "A password has at least 16 characters.": "В пароле не меньше 16 знаков.",
    "Address {word!r} is not HOST:PORT.": "Адрес {word!r} — не АДРЕС:ПОРТ.",
    "HOST:PORT of the HTTP API; none without it.": "АДРЕС:ПОРТ для HTTP API; без него API нет.",
    "What the token is for: a name you will know it by.": "Для чего ключ: имя, по которому вы его узнаете.",
    "What it may do; several times for several.": "Что ему можно; для нескольких прав — несколько раз.",
    "Whose calls it sees: 100;102-110. Without it those of everybody.": "Чьи звонки ему видны: 100;102-110. Без этого — все.",
    "{text}: write users' numbers and ranges, 100;102-110.": "{text}: пишите номера сотрудников и диапазоны, 100;102-110.",
    "Take the token away.": "Отобрать ключ.",
    "There is no scope {scope}; there are {known}.": "Нет права {scope}; есть {known}.",
    "There is no token {name}.": "Нет ключа {name}.",
    "{word!r} is no time: write 2026-11-23 or 2026-11-23T09:00.": "{word!r} — не время: пишите 2026-11-23 или 2026-11-23T09:00.",
    "Address of the bridge's API.": "Адрес API моста.",
    "File with a token, readable by you only.": "Файл с ключом, который читаете только вы.",
    "Authority the bridge's certificate is trusted by.": "Удостоверяющий центр, которому верим о сертификате моста.",
    "Document to publish, or a draft that the bridge has: v7, its name.": (
        "Документ для публикации или черновик, который есть у моста: v7, его имя."
    ),
    "What people are to call the version.": "Как люди будут называть версию.",
    "Keep it as a draft: its warnings wait for a person.": "Сохранить черновиком: его предупреждения ждут человека.",
    "{document} is no file: a draft is made of one": "{document} — не файл: черновик делается из файла",
    "Kept as a draft: {version}. Publish it with: pbx publish {short}": (
        "Сохранено черновиком: {version}. Опубликовать: pbx publish {short}"
    ),
    "What was done to versions instead, the latest first.": "Вместо этого — что делали с версиями, последнее сверху.",
    "Verify the whole trail and what it covers.": "Проверить весь журнал действий и то, о чём он.",
    "At most so many entries, the latest.": "Не больше стольких записей, последних.",
    "The folder of a bridge instead of a running one: its key verifies too.": (
        "Папка моста вместо работающего: его ключом проверяются и подписи."
    ),
    "Name of the PBX, where a database has several.": "Имя АТС, если в базе их несколько.",
    "{database} has trails of: {known}; name one with --pbx": "В {database} есть журналы: {known}; назовите один ключом --pbx",
    "Entry": "Запись",
    "Details": "Подробности",
    "{entries} entries, each as it was written.": "Записей: {entries}, каждая такая, какой была сделана.",
    "One entry, as it was written.": "Одна запись, такая, какой была сделана.",
    "Entry {broken} of {entries} is not as it was written: {problem}.": (
        "Запись {broken} из {entries} не такая, какой была сделана: {problem}."
    ),
    "Signatures were not verified: the bridge's key is in its folder, and can be read by its owner only.": (
        "Подписи не проверены: ключ моста лежит в его папке, и читает его только владелец."
    ),
    "begun": "начало журнала",
    "phone-profile": "профиль телефона",
    "phone-profile-fetched": "профиль загружен телефоном",
    "phone-profile-over": "профиль отозван",
    "gate": "испытание",
    "listen": "прослушивание",
    "listen-in": "прослушивание разговора",
    "whisper": "суфлирование",
    "barge": "вмешательство в разговор",
    "listen-end": "конец прослушивания разговора",
    "HOST:PORT for phones in the workbench's pages; none without it.": (
        "АДРЕС:ПОРТ для телефонов на страницах мастерской; без него их нет."
    ),
    "Send a signed sample event to this webhook.": "Отправить этому вебхуку подписанный пример события.",
    "live.yaml has no webhooks (hooks).": "В live.yaml нет вебхуков (hooks).",
    "Webhook": "Вебхук",
    "Events": "События",
    "Waiting": "Ждут",
    "Given up": "Не приняты",
    "{webhook} took the sample {event}: HTTP {status} in {took_ms} ms.": (
        "{webhook}: пример {event} принят, HTTP {status} за {took_ms} мс."
    ),
    "{webhook} did not take the sample {event} after {took_ms} ms: {why}": (
        "{webhook}: пример {event} не принят за {took_ms} мс: {why}"
    ),
    "The server says: {answer}": "Ответ сервера: {answer}",
    "phone": "телефон в браузере",
    "call": "звонок из браузера",
    "callback": "обратный звонок",
    "{version} has its name.": "{version}: имя дано.",
    "{version} is retired.": "{version} снята.",
    "Name": "Имя",
    "Digest": "Отпечаток",
    "draft": "черновик",
    "validated": "проверена",
    "simulated": "испытана",
    "canary": "на пробе",
    "live": "действует",
    "retired": "снята",
    "publish": "публикация",
    "name": "имя",
    "promote": "ввод в работу",
    "roll_back": "откат",
    "retire": "снятие",
    "undone": "отменено",
    "start": "пуск",
    "held_back": "удержано",
    "pause": "план стоит",
    "resume": "план идёт",
    "Name of the person who takes the warnings upon themselves.": "Имя того, кто берёт предупреждения на себя.",
    "v7, a name, live, canary, or the beginning of a digest (4 letters or more).": (
        "v7, имя, live, canary или начало отпечатка (от 4 знаков)."
    ),
    "Share of new calls, 0 to 1.": "Доля новых вызовов, от 0 до 1.",
    "Only calls to this number or mask; several times for several.": (
        "Только вызовы на этот номер или маску; для нескольких — несколько раз."
    ),
    "Only calls by this trunk; several times for several.": "Только вызовы по этой линии; для нескольких — несколько раз.",
    "Only calls from this number or mask; several times for several.": (
        "Только вызовы с этого номера или маски; для нескольких — несколько раз."
    ),
    "Only from this time on, with an offset: 2026-11-23T18:00:00+03:00.": (
        "Только с этого времени, со смещением: 2026-11-23T18:00:00+03:00."
    ),
    "Widen by itself, in per cent: 5,20,50,100.": "Расширять самому, в процентах: 5,20,50,100.",
    "How long each share of the plan lasts at least: 30min, 2h.": "Сколько длится каждая доля плана, не меньше: 30min, 2h.",
    "Calls the canary takes at each share at least.": "Сколько вызовов примет версия при каждой доле, не меньше.",
    "Seconds within which an answered call is served.": "Секунды, за которые ответ считается вовремя.",
    "Fixed target: service_level=0.8, abandonment=0.1 or failed=0.02; several times for several.": (
        "Твёрдая цель: service_level=0.8, abandonment=0.1 или failed=0.02; для нескольких — несколько раз."
    ),
    "Never roll back by itself.": "Не откатывать самому.",
    "Name of the person who takes it upon themselves without evidence; needs --reason.": (
        "Имя того, кто берёт на себя ввод без испытания; нужен и --reason."
    ),
    "Why that person does.": "Почему он это делает.",
    "No evidence lets it through the gate; it is advised (R-25.8):": "Испытание не пройдено, а оно рекомендуется (R-25.8):",
    "Days of the bridge's own calls that are looked at before.": "За сколько дней просмотреть вызовы самого моста.",
    "Do not ask; for programs.": "Не спрашивать; для программ.",
    "{version} instead of {live}:": "{version} вместо {live}:",
    "Over the year to come, every call lands as now.": "За будущий год каждый вызов попадает туда же, что и сейчас.",
    "{number}, {callers}: {minutes} minutes of the year land at {new} and not at {old}.": (
        "{number}, {callers}: {minutes} минут года — в {new}, а не в {old}."
    ),
    "{count} more are told by GET /api/versions/{version}/elsewhere.": "Ещё {count}: GET /api/versions/{version}/elsewhere.",
    "Numbers that are new: {numbers}.": "Новые номера: {numbers}.",
    "Numbers that are gone: {numbers}.": "Номеров больше нет: {numbers}.",
    "No call from outside came in the last {days} days.": "За последние дни ({days}) внешних вызовов не было.",
    "Of the last {days} days' {calls} calls, {moved} ({share}) would have landed elsewhere.": (
        "За последние дни ({days}) вызовов {calls}; из них {moved} ({share}) попали бы в другое место."
    ),
    "  {count}: {new} and not {old}": "  {count}: {new}, а не {old}",
    "Nobody is there to be asked: a program says --yes.": "Спросить некого: программа говорит --yes.",
    "Promote it?": "Ввести в работу?",
    "Nothing was done.": "Ничего не сделано.",
    "Why, for the audit trail.": "Почему — для журнала действий.",
    "Let the plan rest: the share stays.": "Приостановить план: доля остаётся.",
    "Let the plan go on.": "Продолжить план.",
    "A plan either rests or goes on: give --pause or --resume.": "План либо стоит, либо идёт: --pause или --resume.",
    "No version is on trial.": "Ни одна версия не на пробе.",
    "{version} was rolled back: {reason}": "{version} откачена: {reason}",
    "{version} is live: {reason}": "{version} действует: {reason}",
    "Shares to come: {steps}.": "Доли впереди: {steps}.",
    "none": "нет",
    "The plan rests.": "План приостановлен.",
    "Figure": "Показатель",
    "Canary": "На пробе",
    "Live version": "Действующая",
    "Worse by": "Хуже на",
    "Calls": "Вызовы",
    "Service level, %": "Уровень обслуживания, %",
    "Wait, s": "Ожидание, с",
    "Abandoned, %": "Потеряно, %",
    "Failed, %": "Сбои, %",
    "{word}: a target is service_level=0.8, abandonment=0.1 or failed=0.02": (
        "{word}: цель — это service_level=0.8, abandonment=0.1 или failed=0.02"
    ),
    "{plan}: a plan is shares in per cent, as 5,20,50,100": "{plan}: план — это доли в процентах, например 5,20,50,100",
    "{length} is no length of time: write 30min, 2h or 90s": "{length} — не длительность: пишите 30min, 2h или 90s",
    "{bridge}: a token goes to other machines over https:// only (R-19.7)": (
        "{bridge}: ключ уходит на другие машины только по https:// (R-19.7)"
    ),
    "{bridge}: {error}": "{bridge}: {error}",
    "{file}: others can read it: run chmod 600 {file}": "{file}: читают и другие: выполните chmod 600 {file}",
    "{file}: no token can be read there; make one with pbx token": "{file}: там нет ключа; создайте его командой pbx token",
    "Whoever takes them upon themselves says so: --acknowledge NAME.": (
        "Кто берёт их на себя, говорит об этом: --acknowledge ИМЯ."
    ),
    "Published: {version}. Promote it with: pbx promote {short}": (
        "Опубликовано: {version}. Ввести в работу: pbx promote {short}"
    ),
    "{version} takes {share:.0%} of new calls.": "{version} берёт {share:.0%} новых вызовов.",
    "Live now: {version}.": "Теперь действует: {version}.",
    "Address to listen to again.": "Адрес, который снова слушать.",
    "{address} is listened to again.": "{address} снова слушаем.",
    "Nobody is banned.": "Никто не заблокирован.",
    "{count} more were banned before the start and have sent nothing since: --lift works.": (
        "Ещё {count} заблокированы до запуска и с тех пор ничего не присылали: --lift работает и для них."
    ),
    "Address": "Адрес",
    "Minutes left": "Осталось минут",
    "Why": "Причина",
    "wrong passwords": "неверные пароли",
    "scanner": "сканер",
    "by hand": "вручную",
    "Internal number of the time rule.": "Внутренний номер правила по времени.",
    "match, mismatch, or auto for the rule's own times.": "match, mismatch или auto — по часам самого правила.",
    "Until when, with an offset: 2026-11-23T18:00:00+03:00.": "До какого времени, со смещением: 2026-11-23T18:00:00+03:00.",
    "{mode} is none of: auto, match, mismatch (R-11.8)": "{mode} — не одно из: auto, match, mismatch (R-11.8)",
    "Time rule {rule}: {mode}.": "Правило по времени {rule}: {mode}.",
    "Time rule": "Правило по времени",
    "Until": "До",
    "The person's number.": "Номер человека.",
    "The number is forgotten.": "Номер забыт.",
    "Version": "Версия",
    "State": "Состояние",
    "Share": "Доля",
    "Published": "Опубликована",
    "By": "Кем",
    "Acknowledged by": "Под ответственность",
    "Start": "Начало",
    "From": "От",
    "To": "Кому",
    "Length": "Длит.",
    "Talk": "Разговор",
    "Kind": "Вид",
    "Way": "Путь",
    "Comment": "Комментарий",
    "Caller": "Вызывающий",
    "PBX": "АТС",
    "user {user}": "польз. {user}",
}

HELP: dict[str, str] = {
    "webhooks": """Перечислить вебхуки работающего моста или проверить один: ему уходит подписанный пример события, и выводится,
что из этого вышло.

Пример: pbx webhooks --test crm
""",
    "hosting": """Регистрация, аккаунты, баланс и документы; мосты узнают состояние своих аккаунтов. До Ctrl-C.

Example: pbx hosting --config hosting.yaml""",
    "hosting_statement": """Загрузить выписку банка: каждый платёж один раз, на аккаунт, чей счёт или ИНН он называет.

Example: pbx hosting-statement kl_to_1c.txt""",
    "hosting_bridges": """Показать мосты, которые держит хостинг: работает ли каждый и почему остановился.

Example: pbx hosting-bridges""",
    "hosting_close": """Закрыть аккаунт навсегда: новых вызовов нет, мост останавливается, документы остаются.

Example: pbx hosting-close example""",
    "hosting_scans": """Показать аккаунты, которые ждут подтверждения для номеров, и сохранить их сканы в файлы.

Example: pbx hosting-scans --folder scans""",
    "hosting_confirm": """Подтвердить аккаунт для номеров после проверки сканов или отказать. Владельцу придёт письмо.

Example: pbx hosting-confirm example""",
    "hosting_front": """Записать настройки Kamailio, общего адреса всех АТС, и сказать, как его запустить.

Example: pbx hosting-front --check""",
    "hosting_attach": """Указать, где мост аккаунта: он узнает о состоянии аккаунта и, с --sip, получит вызовы с общего адреса.

Example: pbx hosting-attach example http://127.0.0.1:5080 --token-file hosting.token""",
    "sandbox": """Заменить платёжную систему, банк, почтовый сервер или оператора номеров по его протоколу. Деньги не списываются.

Example: pbx sandbox bank""",
    "live": """Отвечать по SIP за одну АТС до Ctrl-C.

Без --config это проба на этой машине: программы на ней могут звонить на номера АТС, у каждого пользователя есть пароль
(он записан в папку, читаете его только вы), и ни один вызов не покидает машину.

Example: pbx live example --sip 127.0.0.1:5060""",
    "replay": """Ещё раз дать движку записанный журнал и сравнить каждое его слово.

Статус выхода 1 означает, что теперь он говорит иное; показано первое расхождение.

Example: pbx replay --database var""",
    "activity": """Что делали участники, по порядку: входы, паузы с причинами, предложенные вызовы, разговоры и работа после них.

Вместе с вызовами из `pbx history` это всё, что нужно `pbx calibrate --history`.

Example: pbx activity example --since 2026-11-23 --output activity.jsonl""",
    "history": """Список вызовов, последние сверху, с полями R-24.1; время — в поясе учётной записи.

Example: pbx history example --since 2026-11-23 --output calls.parquet""",
    "ladder": """Вызов лесенкой: что вызывающий, АТС и каждое плечо сказали друг другу и когда.

Example: pbx ladder 4f1 --mermaid""",
    "passwd": """Дать пользователю новый пароль SIP. Он показывается один раз и хранится только в виде отпечатка; работающий мост
узнаёт его за секунды.

Example: pbx passwd 101""",
    "publish": """Послать документ работающему мосту как новую версию; вызовы пойдут по ней только после ввода в работу.

Example: pbx publish pbx.yaml --name autumn --token-file pbx.token --acknowledge "Anna Petrova\"""",
    "promote": """Направить новые вызовы по опубликованной версии: все или часть, рядом с действующей; если она хуже, откат сам.

Прежде говорит, кто попадёт в другое место — за будущий год и из вызовов последнего месяца, — и спрашивает.

Example: pbx promote v7 --plan 5,20,50,100 --each 30min""",
    "canary": """Как версия на пробе справляется рядом с действующей, с интервалами на любой миг. Код 1 после отката.

Example: pbx canary --pause""",
    "override": """Держать правило по времени работающего моста вручную или вернуть его к своим часам (R-11.8).

Example: pbx override 5400 mismatch --until 2026-11-23T18:00:00+03:00""",
    "overrides": """Показать правила по времени работающего моста: как каждое держится, до какого времени и кем.

Example: pbx overrides""",
    "erase": """Заставить работающий мост забыть, с кем говорил номер, по просьбе этого человека (R-18.6). Кто и когда — хранится.

Example: pbx erase "+7 916 123-45-67" """,
    "rollback": """Закончить пробу с долей вызовов, а без неё — вернуть версию, действовавшую прежде. Только для новых вызовов.

Example: pbx rollback""",
    "audit": """Кто и что делал с версиями; каждая запись подписана поверх предыдущей. С --verify код 1, если журнал изменён.

Example: pbx audit --verify""",
    "name": """Дать версии работающего моста имя, которое можно произнести; такого имени больше нет ни у одной.

Example: pbx name v7 "осеннее меню" """,
    "retire": """Больше не давать версии новых вызовов; начатые идут по ней до конца. Действующую снять нельзя.

Example: pbx retire v3""",
    "versions": """Версии, известные работающему мосту: номер, имя и состояние, действующая сверху.

Example: pbx versions""",
    "bans": """Адреса, которые работающий мост не слушает (R-15.9), или снять блокировку.

Example: pbx bans --lift 203.0.113.9""",
    "phone": """Настроить телефон сотрудника: создать адрес, по которому телефон один раз за 24 часа загрузит профиль, и
показать, что куда ввести (R-15.6). Без --model — список телефонов сотрудника.

Example: pbx phone 101 --model t21p-e2""",
    "token": """Создать ключ для HTTP API. Он показывается один раз и хранится только в виде отпечатка.

Example: pbx token wallboard --scope calls:read --scope metrics:read""",
}
"""What each command is for, instead of its docstring."""
