"""What each setting is for, in Russian, by the English description that its model has. Decides wording only.

The English stands in the models alone, which also give the JSON Schema (`pbx schema`); a test asks for a Russian text of each.
"""

from __future__ import annotations

HELP_RU: dict[str, str] = {
    # --- the PBX
    "Account name (R-01.6).": "Имя АТС в SIP-домене (R-01.6).",
    "Time zone of the account (R-11.6).": "Часовой пояс АТС (R-11.6).",
    "Settings of the whole PBX.": "Настройки всей АТС.",
    "External numbers by key (R-04.1).": "Внешние номера (R-04.1).",
    "Employees by internal number (R-06.1).": "Сотрудники по внутренним номерам (R-06.1).",
    "Rules and the default trunk of calls to outside numbers (R-14.4).": "Правила исходящих и номер по умолчанию (R-14.4).",
    "Holiday calendars by name (R-11.4).": "Календари праздников (R-11.4).",
    "Length of each sound in seconds: one table for every world.": "Длина каждой записи в секундах.",
    "Elements by internal number, 5000 to 5999 (R-02.7).": "Элементы по номерам, от 5000 до 5999 (R-02.7).",
    "Numbers for help, which nothing bars (R-02.8).": "Номера экстренных служб: их не запрещает ничто (R-02.8).",
    "Music while waiting and on hold.": "Музыка в ожидании и на удержании.",
    "Record every talk, unless a part of the PBX says off (R-24.4).": (
        "Записывать все разговоры, кроме тех, где запись выключена (R-24.4)."
    ),
    "Sound that both sides hear before a talk is recorded (R-24.4).": "Его слышат обе стороны перед записью (R-24.4).",
    "Recipients of the messages of boxes and users that name none, at most 10 (R-09.2).": (
        "Кому идут сообщения ящиков и сотрудников без своего адреса, не больше 10 (R-09.2)."
    ),
    "Calls from the internet to this SIP domain are taken (R-10.3).": "Принимать звонки из интернета на SIP-домен (R-10.3).",
    "Form into which callers' Russian numbers are rewritten for number rules (R-12.4).": (
        "К какому виду приводить российские номера звонящих для правил номера (R-12.4)."
    ),
    "Codes that users dial on their phones (R-15.11).": "Коды, которые набирают на телефонах (R-15.11).",
    "Names that direct SIP calls may dial, and where they lead (R-10.2).": (
        "Имена для прямых SIP-звонков и куда они ведут (R-10.2)."
    ),
    # --- calendars
    "The country whose public holidays are in it (R-11.4).": "Страна, чьи государственные праздники в нём есть (R-11.4).",
    "A part of the country with holidays of its own (R-11.4).": "Часть страны со своими праздниками (R-11.4).",
    "Days beside them: `2026-12-31`, `2027-01-01..2027-01-08`, yearly `12-31` (R-11.4).": (
        "Дни сверх них: `2026-12-31`, `2027-01-01..2027-01-08`, ежегодно `12-31` (R-11.4)."
    ),
    "Text of an iCalendar file (R-11.4).": "Текст файла iCalendar (R-11.4).",
    # --- callback widgets
    "Callback widgets of websites by key (R-17.1).": "Виджеты обратного звонка для сайтов (R-17.1).",
    "Path of the page; * at its end stands for anything (R-17.2).": "Путь страницы; * в конце значит «что угодно» (R-17.2).",
    "Managers for these pages, in order (R-17.2).": "Менеджеры для этих страниц, по порядку (R-17.2).",
    "The element for these pages (R-17.4).": "Элемент для этих страниц (R-17.4).",
    "The site's name: on the phone's display and in e-mails (R-17.3).": "Название сайта: на экране телефона, в письмах (R-17.3).",
    "Sites it may stand on, as https://example.com (R-17.2).": "Сайты, где он может стоять, как https://example.com (R-17.2).",
    "Managers one after another, or the logic of an element (R-17.4).": "Менеджеры по очереди или логика элемента (R-17.4).",
    "Users, groups and outside numbers rung in this order, at most three a callback (R-17.4).": (
        "Сотрудники, группы и внешние номера, кому звонить по порядку, не больше трёх за один обратный звонок (R-17.4)."
    ),
    "Where a call enters in the mode logic (R-17.4).": "Куда приходит звонок в режиме логики (R-17.4).",
    "Pages with managers of their own; the first that fits (R-17.2).": (
        "Страницы со своими менеджерами; берётся первая подходящая (R-17.2)."
    ),
    "The time rule while which calls are offered (R-17.2).": "Правило по времени, пока звонок предлагают (R-17.2).",
    "Offers calls only while a manager is free (R-17.2).": "Предлагать звонок, только пока есть свободный менеджер (R-17.2).",
    "First digits of numbers that may be called, with country code; empty is Russia (R-17.5).": (
        "Первые цифры номеров, на которые можно звонить, с кодом страны; пусто — Россия (R-17.5)."
    ),
    "Recipients of leads when nobody could answer (R-17.2).": "Кому слать заявки, если никто не смог ответить (R-17.2).",
    "Recipients of what became of each call (R-17.2).": "Кому писать об итоге каждого звонка (R-17.2).",
    "Language; auto is the browser's.": "Язык; auto — язык браузера.",
    "What the button is called; empty is the usual words.": "Подпись кнопки; пусто — обычные слова.",
    "What the window says; empty is the usual words (R-17.2).": "Текст в окне; пусто — обычные слова (R-17.2).",
    "Colour of the button, as #2563eb (R-17.2).": "Цвет кнопки, как #2563eb (R-17.2).",
    "Size of the button (R-17.2).": "Размер кнопки (R-17.2).",
    "Corner of the page it stands in; visitors may move it (R-17.2).": "Угол страницы; посетители могут передвинуть (R-17.2).",
    "Opens when the pointer leaves the page (R-17.2).": "Открывать, когда курсор уходит со страницы (R-17.2).",
    "Opens by itself after so many seconds; 0 never (R-17.2).": "Открывать самому через столько секунд; 0 — никогда (R-17.2).",
    "Not shown on mobile phones (R-17.2).": "Не показывать на мобильных (R-17.2).",
    # --- codes
    "Takes the call that rings in one of one's own groups (R-15.11).": "Взять звонок, идущий в своей группе (R-15.11).",
    "Before a user's number: takes the call that rings there (R-15.11).": (
        "Перед номером сотрудника: взять звонок, идущий ему (R-15.11)."
    ),
    "Before a slot of 1 or 2 digits: a transfer parks a call there, dialling gets it (R-15.11).": (
        "Перед местом из 1–2 цифр: перевод паркует звонок, набор забирает его (R-15.11)."
    ),
    "Do not disturb: no more calls (R-06.11).": "Не беспокоить: звонки больше не идут (R-06.11).",
    "Calls are taken again (R-06.11).": "Снова принимать звонки (R-06.11).",
    "Before a number: one's calls go there (R-15.11).": "Перед номером: свои звонки идут туда (R-15.11).",
    "They come again (R-15.11).": "Звонки снова приходят сюда (R-15.11).",
    "The user's own voice mailbox, by PIN (R-09.6).": "Свой голосовой ящик, по PIN-коду (R-09.6).",
    "Say what a code changed, where `confirm` names no sound.": (
        "Сказать, что изменил код, если для этого не выбрана запись."
    ),
    "Sound after a code that changed something, in place of words.": (
        "Запись после кода, который что-то изменил, вместо слов."
    ),
    # --- users
    "Language in which the PBX speaks to this user; none is that of the bridge.": (
        "Язык, на котором АТС говорит с сотрудником; не указан — язык моста."
    ),
    "The employee's name; Latin letters show on every phone (R-06.2).": (
        "Имя сотрудника; латиницу покажет любой телефон (R-06.2)."
    ),
    "Seconds the devices ring (R-06.9).": "Сколько секунд звонят телефоны (R-06.9).",
    "Steps tried in order when this user is called directly, at most 10 (R-06.8).": (
        "Шаги по порядку, когда звонят прямо сотруднику, не больше 10 (R-06.8)."
    ),
    "The condition under which this step is taken (R-06.8).": "Когда этот шаг выполняется (R-06.8).",
    "Where the call goes then (R-06.8).": "Куда тогда идёт звонок (R-06.8).",
    "Seconds this step rings (R-06.9).": "Сколько секунд звонить на этом шаге (R-06.9).",
    "No-answer number, such as a mobile: the last step (R-06.3).": "Номер при неответе, например мобильный (R-06.3).",
    "A second call rings while this user talks (R-06.11).": "Второй звонок приходит во время разговора (R-06.11).",
    "Takes a message when nobody answers at all (R-06.12).": "Записать сообщение, если не ответил никто (R-06.12).",
    "A phone that sends a call elsewhere by itself is followed (R-06.16).": (
        "Слушаться телефона, который сам переадресует звонок (R-06.16)."
    ),
    "Recipients of voice messages, at most 10 (R-09.2).": "Кому приходят голосовые сообщения, не больше 10 (R-09.2).",
    "The number outside calls of this user present, instead of the trunk's (R-04.12).": (
        "Какой номер показывать в исходящих этого сотрудника вместо номера линии (R-04.12)."
    ),
    "Outside calls of this user present no number (R-04.12).": "Исходящие этого сотрудника без номера (R-04.12).",
    "Record talks, both sides; one off beats every on (R-24.4).": (
        "Записывать обе стороны; одно «выключена» сильнее всех «включена» (R-24.4)."
    ),
    "May call addresses on the internet (R-06.7).": "Может звонить по SIP-адресам в интернете (R-06.7).",
    "Forwarding to outside numbers allowed for direct SIP calls (R-10.4).": (
        "Прямые SIP-звонки можно переадресовать на внешние номера (R-10.4)."
    ),
    # --- trunks
    "The number callers dial, as the operator presents it.": "Номер, который набирают, как его передаёт оператор.",
    "What people call this number (R-04.2).": "Как называть этот номер (R-04.2).",
    "Preset of settings that suit a carrier (R-04.4).": "Набор настроек под оператора (R-04.4).",
    "Simultaneous calls (R-04.8).": "Сколько звонков сразу (R-04.8).",
    "First element of incoming calls (R-04.9).": "Куда сначала идут входящие (R-04.9).",
    "Calls forwarded outside leave by the number they came in on (R-04.5).": (
        "Переадресованные наружу уходят через тот номер, на который пришли (R-04.5)."
    ),
    "Whether calls go out through it; no for another operator's 8800 number (R-03.16).": (
        "Можно ли звонить через него; для чужого номера 8800 — нет (R-03.16)."
    ),
    "Form in which the carrier wants called numbers; the preset's if not given (R-04.11).": (
        "В каком виде оператор ждёт набранные номера; пусто — как в наборе (R-04.11)."
    ),
    "Form in which it wants callers' numbers; the preset's if not given (R-04.11).": (
        "В каком виде он ждёт номера звонящих; пусто — как в наборе (R-04.11)."
    ),
    "Header fields that tell it the caller's number; the preset's if not given (R-04.11).": (
        "В каких заголовках он читает номер звонящего; пусто — как в наборе (R-04.11)."
    ),
    "The number forwarded calls present: this trunk's, or the first caller's (R-04.12).": (
        "Какой номер показывать при переадресации: линии или первого звонившего (R-04.12)."
    ),
    "Header field that names the number a call was forwarded from (R-04.12).": (
        "В каком заголовке назвать номер, с которого переадресовано (R-04.12)."
    ),
    "Numbers beside those of the trunks that calls through this one may present (R-04.12).": (
        "Номера, которые можно показывать кроме номеров линий (R-04.12)."
    ),
    "How this number registers with its carrier (R-04.1).": "Как этот номер регистрируется у оператора (R-04.1).",
    "The carrier's SIP server; its preset's if not given (R-04.11).": "SIP-сервер оператора; пусто — как в наборе (R-04.11).",
    "The server's port.": "Порт сервера.",
    "How SIP messages travel; tls is encrypted.": "Как идут сообщения SIP; tls — с шифрованием.",
    "The account's login at the carrier.": "Логин у оператора.",
    "Name of the secret in the bridge's configuration; the password itself never stands here.": (
        "Имя секрета в настройках моста; самого пароля здесь нет никогда."
    ),
    "Register there, so that the carrier knows where to send calls.": "Регистрироваться, чтобы оператор знал, куда слать звонки.",
    "Seconds a registration holds.": "Сколько секунд действует регистрация.",
    # --- outgoing rules
    "The trunk of calls that no rule fits (R-14.1).": "Через него идут звонки без подходящего правила (R-14.1).",
    "Checked in this order, at most 500 (R-14.9).": "Проверяются по порядку, не больше 500 (R-14.9).",
    "What people call this rule.": "Как называть это правило.",
    "Dialled numbers it fits: d a digit, + any digits, p a plus, ( ) what $ stands for (R-14.12).": (
        "Какие номера подходят: d — цифра, + — любые цифры, p — плюс, ( ) — то, что станет $ (R-14.12)."
    ),
    "The number that is sent; $ is what stood in ( ), 0000 bars the call (R-14.12).": (
        "Какой номер отправить; $ — то, что было в ( ), 0000 — запрет (R-14.12)."
    ),
    "The trunk the call leaves by (R-14.4).": "Через какой внешний номер уходит звонок (R-14.4).",
    "Works for all but the users listed, or for them only (R-14.5).": "Для всех, кроме них, или только для них (R-14.5).",
    "The users listed: internal numbers separated by `;` (R-14.5).": "Перечисленные сотрудники: номера через `;` (R-14.5).",
    "Trunk to try when that one is down or full (R-14.20).": "Запасной внешний номер, если тот занят или не работает (R-14.20).",
    "The number these calls present, before the user's and the trunk's (R-04.12).": (
        "Какой номер показывать; он важнее номеров сотрудника и линии (R-04.12)."
    ),
    "These calls present no number (R-04.12).": "Эти звонки без номера (R-04.12).",
    # --- all elements
    "What people call this element.": "Как называть этот элемент.",
    "Outside legs allowed for direct SIP calls (R-10.4).": "Прямые SIP-звонки могут уйти на внешние номера (R-10.4).",
    # --- contact manager
    "Who is asked for the caller's user, in this order (R-18.5).": "Кого спрашивать о сотруднике звонящего, по порядку (R-18.5).",
    "URL that names the responsible user, or crm:NAME (R-18.2).": "Адрес, который называет ответственного, или crm:ИМЯ (R-18.2).",
    "Days back in which a talk counts (R-18.4).": "За сколько дней искать разговор (R-18.4).",
    "Seconds the user found rings (R-18.5).": "Сколько секунд звонить найденному (R-18.5).",
    "Where callers go whom nobody knows (R-18.3).": "Куда идут те, кого никто не знает (R-18.3).",
    # --- greeting
    "The sound; its length stands under `prompts` (R-05.2).": "Звуковая запись (R-05.2).",
    "Key to output (R-05.3).": "Куда ведёт каждая клавиша (R-05.3).",
    "The first valid key stops the sound (R-05.4).": "Первая верная клавиша прерывает запись (R-05.4).",
    "Played before the next round (R-05.6).": "Звучит перед новым кругом (R-05.6).",
    "Callers may dial an internal number (R-05.8).": "Звонящий может набрать внутренний номер (R-05.8).",
    "Output of a greeting without keys (R-05.7).": "Выход приветствия без клавиш (R-05.7).",
    "Output when the last round had no key (R-05.6).": "Выход, если на последнем круге ничего не нажали (R-05.6).",
    "Output when the last round had a wrong key (R-05.6).": "Выход, если на последнем круге нажали не то (R-05.6).",
    # --- group
    "A user's internal number, or an outside number (R-07.2).": "Номер сотрудника или внешний номер (R-07.2).",
    "An outside member presses 1 to accept (R-07.7).": "Внешний участник нажимает 1, чтобы принять (R-07.7).",
    "1-50 users or outside numbers (R-07.4).": "От 1 до 50 сотрудников или внешних номеров (R-07.4).",
    "Seconds all members ring (R-07.4).": "Сколько секунд звонить всем (R-07.4).",
    "Sound that asks an outside member to press 1 (R-07.7).": "Просит внешнего участника нажать 1 (R-07.7).",
    "Output when nobody answers (R-07.3).": "Выход, если никто не ответил (R-07.3).",
    # --- time rule
    "Weekdays on which the rule holds, such as `mon-fri` (R-11.4).": "Дни недели, по которым действует правило (R-11.4).",
    "Up to ten intervals such as `09:00-21:00`; an end not after its start is on the next day (R-11.4).": (
        "До десяти промежутков; конец не позже начала — уже на следующий день (R-11.4)."
    ),
    "Dates on which the rule holds: `2027-01-01..2027-01-08`, yearly `12-31` (R-11.4).": (
        "Даты, по которым правило действует; без дат — всегда (R-11.4)."
    ),
    "`GMT+5` or an IANA name; the account's if left out (R-11.6).": "`GMT+5` или город; пусто — пояс АТС (R-11.6).",
    "Name of a holiday calendar (R-11.4).": "Календарь праздников (R-11.4).",
    "Days of the calendar never count, or always (R-11.4).": "Дни календаря не считаются никогда или считаются всегда (R-11.4).",
    "Output while the rule holds (R-11.1).": "Выход, пока правило действует (R-11.1).",
    "Output otherwise (R-11.1).": "Выход в остальное время (R-11.1).",
    # --- HTTP request
    "URL that takes call data as a POST, at most 750 characters (R-13.3); crm:NAME gives the caller's name.": (
        "Адрес, который принимает данные звонка (POST), не длиннее 750 знаков (R-13.3); crm:ИМЯ даёт имя звонящего."
    ),
    "Where the call goes when no answer sends it elsewhere (R-13.2).": "Куда идёт звонок, если ответ не говорит иного (R-13.2).",
    "An answer may transfer to outside numbers (R-02.9).": "Ответ может перевести на внешний номер (R-02.9).",
    # --- number rule
    "The prefix, the whole number, or the mask (R-12.3).": "Начало, весь номер или маска (R-12.3).",
    "Whether a caller's number begins with it, is it, or fits it as a mask (R-12.3).": (
        "Номер начинается с этого, совпадает или подходит под маску (R-12.3)."
    ),
    "Beginnings of callers' numbers; any that fits is a match (R-12.3).": "Начала номеров; подходит любое из них (R-12.3).",
    "Output for callers that fit an entry (R-12.1).": "Выход для подходящих номеров (R-12.1).",
    "Output for all others, anonymous ones included (R-12.5).": "Выход для остальных, и для скрытых тоже (R-12.5).",
    # --- queue
    "The user's internal number (R-08.4).": "Внутренний номер сотрудника (R-08.4).",
    "Place; the order of writing when not given.": "Место; без него — по порядку записи.",
    "Lower tiers are asked first.": "Нижние уровни первые.",
    "Share under weighted_random.": "Доля при выборе «случайно по весу».",
    "Level of each skill held (R-08.16).": "Уровень каждого навыка (R-08.16).",
    "Always signed in; pausing stays possible (R-08.4).": "Всегда в очереди; пауза возможна (R-08.4).",
    "Seconds in the queue.": "Секунд в очереди.",
    "The skill no longer required.": "Какой навык больше не нужен.",
    "Who is offered a call (R-08.8).": "Кому предлагается звонок (R-08.8).",
    "Users who answer its calls (R-08.4).": "Кто отвечает на её звонки (R-08.4).",
    "Agent ring, seconds (R-08.9).": "Сколько секунд звонить участнику (R-08.9).",
    "Retry wait after an unanswered offer, seconds (R-08.9).": "Пауза участника после неответа, секунд (R-08.9).",
    "Work after a call, seconds (R-08.9).": "Работа после звонка, секунд (R-08.9).",
    "Longest wait, seconds; 0 is none (R-08.9).": "Дольше не ждать, секунд; 0 — без ограничения (R-08.9).",
    "Pause after so many unanswered offers; 0 is off (R-08.12).": "После стольких неответов — пауза; 0 — выключено (R-08.12).",
    "Most waiting calls, 1-500 (R-08.13).": "Сколько звонков может ждать, 1–500 (R-08.13).",
    "Refuse unless somebody is signed in, unpaused or idle (R-08.13).": "При ком впускать звонящих в очередь (R-08.13).",
    "Callers leave when nobody serves any more (R-08.13).": "Звонящие уходят, если обслуживать больше некому (R-08.13).",
    "Seconds before a higher tier opens (R-08.15).": "Через сколько секунд открывается следующий уровень (R-08.15).",
    "Whose timing holds between offers, for a queue of another PBX (R-08.9).": (
        "Чьи тайминги действуют между предложениями, для очереди другой АТС (R-08.9)."
    ),
    "Seconds between members under progressive (R-08.8).": "Через сколько секунд подключать следующего (R-08.8).",
    "Larger goes first for shared members (R-08.20).": "У общих участников первой идёт очередь с большим весом (R-08.20).",
    "Priority of calls that have none of their own (R-08.6).": "Приоритет звонков без своего (R-08.6).",
    "Seconds by which entry is moved back (R-08.6).": "На сколько секунд раньше считать вход (R-08.6).",
    "Skills a call requires (R-08.16).": "Какие навыки нужны звонку (R-08.16).",
    "Skills given up after a wait, in order (R-08.16).": "От каких навыков отказаться после ожидания (R-08.16).",
    "Say position and expected wait (R-08.17).": "Сообщать место и ожидаемое время (R-08.17).",
    "Seconds between announcements (R-08.17).": "Сколько секунд между сообщениями (R-08.17).",
    "Message played with each announcement (R-08.17).": "Звучит с каждым сообщением (R-08.17).",
    "Music while waiting; the account's when not given.": "Музыка в ожидании; пусто — как у всей АТС.",
    "Key that leaves by `exit` (R-08.14).": "Клавиша, по которой уходят из очереди (R-08.14).",
    "Key that ends the caller's leg and keeps the place; off when not given (R-08.19).": (
        "Клавиша заказа обратного звонка с сохранением места; пусто — выключено (R-08.19)."
    ),
    "Output of callers who waited too long (R-08.14).": "Выход для тех, кто ждал слишком долго (R-08.14).",
    "Output when there is no room to wait (R-08.14).": "Выход, если мест в очереди нет (R-08.14).",
    "Output of callers who are not let in (R-08.14).": "Выход для тех, кого не впустили (R-08.14).",
    "Output when nobody serves any more (R-08.14).": "Выход, если обслуживать больше некому (R-08.14).",
    "Output of callers who press the exit key (R-08.14).": "Выход по клавише (R-08.14).",
    "Output of a callback nobody answered (R-08.14).": "Выход обратного звонка без ответа (R-08.14).",
    # --- voicemail
    "Sound before the beep (R-09.5).": "Запись перед сигналом (R-09.5).",
    "Sound when the box is full (R-09.4).": "Запись при полном ящике (R-09.4).",
    "E-mail addresses that get the messages, at most 10 (R-09.2).": "На какие адреса идут сообщения, не больше 10 (R-09.2).",
    "Form of the attached message (R-09.2).": "Вид приложенной записи (R-09.2).",
}


def help_of(description: str, language: str) -> str:
    """What a setting is for, by its model's description; without the marks of code around what is to be typed."""
    found = HELP_RU.get(description, description) if language == "ru" else description
    return found.replace("`", "").removesuffix(".")
