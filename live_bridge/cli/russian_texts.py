"""What the bridge's commands say, in Russian, by the English texts."""

from __future__ import annotations

from engine.translations import system_ru
from live_bridge.cli import russian_help

TEXTS: dict[str, str] = {
    **system_ru.TEXTS,
    **russian_help.OPTIONS,
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
