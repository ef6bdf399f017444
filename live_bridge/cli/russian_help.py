"""What the bridge's commands and their options are for, in Russian."""

from __future__ import annotations

OPTIONS: dict[str, str] = {
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
}
"""By the English help of an option."""

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
    "hosting_second_factor_off": """Выключить второй фактор владельцу, который потерял телефон и коды восстановления. Сначала \
убедитесь, кто просит. Владельцу об этом напишут.

Example: pbx hosting-second-factor-off example""",
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
