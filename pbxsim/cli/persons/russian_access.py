"""The Russian catalogue of serving the workbench and of who may sign in to it: `pbx workbench`, `pbx user`.

Leaves all other texts to `cli/russian/texts.py`, which takes these in.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # --- workbench -----------------------------------------------------------------------------------------------
    "Port.": "Порт.",
    "Address to listen on; other machines need persons and TLS.": (
        "На каком адресе слушать; для других машин нужны люди и TLS."
    ),
    "A name browsers reach it under, as behind a proxy; may be repeated.": (
        "Имя, под которым его открывают браузеры, например за прокси; можно повторять."
    ),
    "Speak TLS with this chain of certificates (PEM).": "Говорить по TLS с этой цепочкой сертификатов (PEM).",
    "The key of the certificate (PEM).": "Ключ сертификата (PEM).",
    "A proxy in front speaks TLS and tells who asks.": "Впереди прокси: он говорит по TLS и сообщает, кто спрашивает.",
    "Path below which a proxy serves it.": "Путь, под которым его отдаёт прокси.",
    "The file of persons; PBX_PERSONS or the user's own otherwise.": (
        "Файл с людьми; иначе PBX_PERSONS или собственный файл пользователя."
    ),
    (
        "A document with errors is opened too, to be corrected there; one that is no YAML is refused. As soon as there are "
        "persons (pbx user add) everybody signs in."
    ): (
        "Описание с ошибками тоже открывается, чтобы исправить их на месте; то, что не YAML, не открывается. Как только "
        "появятся люди (pbx user add), входить придётся всем."
    ),
    "There is no file {file}.": "Файла {file} нет.",
    "Say --certificate as well as --key.": "Вместе с --key укажите --certificate.",
    "The workbench is on {address}; Ctrl-C stops it.": "Рабочее место: {address}; остановить — Ctrl-C.",
    (
        "{where} can be reached from other machines, and there are no persons who could sign in: "
        "make one with `pbx user add NAME --role administrator`, or serve it on 127.0.0.1"
    ): (
        "{where} доступен с других машин, а людей, которые могли бы войти, нет: "
        "добавьте человека командой `pbx user add ИМЯ --role administrator` или слушайте на 127.0.0.1"
    ),
    (
        "{where} can be reached from other machines, and passwords would go there unencrypted: give --certificate and --key, "
        "or put a proxy with TLS in front of it and say --proxy"
    ): (
        "{where} доступен с других машин, и пароли пошли бы открытым текстом: укажите --certificate и --key "
        "или поставьте впереди прокси с TLS и укажите --proxy"
    ),
    # --- user ----------------------------------------------------------------------------------------------------
    (
        "Persons who may sign in to the workbench: add one, list them, give a password or roles, lock or remove one."
    ): "Люди, которые входят в рабочее место: добавить, перечислить, дать пароль или роли, заблокировать, удалить.",
    (
        "Without any the workbench is served to this machine alone, and asks nobody. Administrators do the same on its own page."
    ): (
        "Пока их нет, рабочее место доступно только с этой машины и никого не спрашивает. Администраторы делают то же на его "
        "странице."
    ),
    "The person sets a password of their own before anything else.": "Сначала человек задаёт свой пароль.",
    "Make a link by which a person sets a password themselves, once and within 72 hours. It is shown once.": (
        "Сделать ссылку, по которой человек сам задаст пароль, один раз и не позже чем через 72 часа. Показывается один раз."
    ),
    "Put the address of the workbench before it.": "Перед ней поставьте адрес рабочего места.",
    "After the workbench's address (shown once):": "После адреса рабочего места (показывается один раз):",
    "Let a person sign in no more until they are unlocked; their sessions end at once.": (
        "Не пускать человека, пока его не разблокируют; его сеансы сразу заканчиваются."
    ),
    "Let a person sign in again, after too many wrong passwords too.": (
        "Снова пускать человека, и после многих неверных паролей тоже."
    ),
    "End all sessions of a person; open pages of theirs close within seconds.": (
        "Завершить все сеансы человека; его открытые страницы закроются за несколько секунд."
    ),
    "The last acts upon persons: who did what to whom, the newest first.": (
        "Последние действия: кто что с кем сделал, новые сверху."
    ),
    "When": "Когда",
    "Who": "Кто",
    "Did": "Что сделано",
    "To": "С кем",
    "State": "Состояние",
    "locked": "заблокирован",
    "temporary password": "временный пароль",
    "{given} is the last administrator who can sign in: make another one first.": (
        "{given} — последний администратор, который может войти: сначала назначьте другого."
    ),
    "The name the person signs in with.": "Имя, под которым человек входит.",
    "What the person is: viewer, analyst, administrator, operator; several times for several.": (
        "Кто этот человек: viewer (наблюдатель), analyst (аналитик), administrator (администратор), operator (оператор); "
        "несколько ролей — несколько раз."
    ),
    "Take the password from standard input instead of making one.": (
        "Взять пароль со стандартного ввода, а не придумывать."
    ),
    (
        "Let somebody sign in. The password is shown once and kept as argon2; the person can change it in the workbench."
    ): "Разрешить вход. Пароль показывается один раз и хранится как argon2; человек может сменить его в рабочем месте.",
    "Who may sign in, as what, and since when.": "Кто может входить, в каких ролях и с каких пор.",
    "Give a person a new password; their sessions end, and so does a lock. It is shown once.": (
        "Дать человеку новый пароль; его сеансы и блокировка входа заканчиваются. Показывается один раз."
    ),
    "Give a person these roles and no others; it holds at once, in open pages too.": (
        "Дать человеку эти роли и никакие другие; действует сразу, и на открытых страницах."
    ),
    "Let a person sign in no more; open pages of theirs close within seconds.": (
        "Больше не пускать человека; его открытые страницы закроются за несколько секунд."
    ),
    "{name} may sign in as {roles}.": "{name} может входить, роли: {roles}.",
    "There are no persons in {file}: the workbench asks nobody, on this machine alone.": (
        "В {file} людей нет: рабочее место никого не спрашивает и доступно только с этой машины."
    ),
    "Name": "Имя",
    "Roles": "Роли",
    "Made": "Создан",
    "Password set": "Пароль задан",
    "Password (shown once):": "Пароль (показывается один раз):",
    "“{given}” cannot be a name: letters, digits and . @ + - _, at most 40, and no blanks.": (
        "«{given}» не может быть именем: буквы, цифры и . @ + - _, не больше 40, без пробелов."
    ),
    "There is a person {given} already: give roles with pbx user roles, a password with pbx user passwd.": (
        "{given} уже есть: роли даёт pbx user roles, пароль — pbx user passwd."
    ),
    "There is no person {given}; pbx user list shows who there is.": "Человека {given} нет; кто есть, покажет pbx user list.",
    "Say at least one role with --role.": "Укажите хотя бы одну роль: --role.",
    "Whose calls of the bridge the person sees: 100;102-110, or * for all (R-23.12).": (
        "Чьи звонки на мосту видит человек: 100;102-110 или * — все (R-23.12)."
    ),
    (
        "Say whose calls of the bridge a person sees, and whether they listen, download and see the balance; what is not named "
        "stays. It holds at once, in open pages too. An empty filter shows no calls."
    ): (
        "Задать, чьи звонки на мосту видит человек, слушает ли он, скачивает ли и видит ли баланс; что не названо, остаётся. "
        "Действует сразу, и на открытых страницах. С пустым фильтром звонков не видно."
    ),
    "Whether the person listens to recordings and calls: yes, no, or role for what the roles say.": (
        "Слушает ли человек записи и звонки: yes (да), no (нет) или role (по ролям)."
    ),
    "Whether the person takes recordings away as files: yes, no or role.": (
        "Скачивает ли человек записи: yes (да), no (нет) или role (по ролям)."
    ),
    "Whether the person sees the balance: yes, no or role.": (
        "Видит ли человек баланс: yes (да), no (нет) или role (по ролям)."
    ),
    "Say what to change: --calls, --listen, --download or --balance.": (
        "Укажите, что изменить: --calls, --listen, --download или --balance."
    ),
    "Apart from roles": "Помимо ролей",
    "The file of persons cannot be read or written: {reason}.": "Файл людей не читается или не пишется: {reason}.",
    "“{given}” is no filter of calls: write numbers of users such as 100;102-110, or * for all (R-23.9).": (
        "«{given}» не фильтр звонков: укажите номера сотрудников, например 100;102-110, или * — все (R-23.9)."
    ),
    "A filter of calls has at most {given} characters (R-23.9).": "В фильтре звонков не больше {given} символов (R-23.9).",
    "Calls": "Звонки",
    "none": "ничьи",
    "A password has at least {given} characters.": "В пароле не меньше {given} символов.",
    "A password has at most {given} characters.": "В пароле не больше {given} символов.",
}
