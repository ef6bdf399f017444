"""Every text of the workbench in English and Russian, and the choice between them.

Decides wording only. Texts of causes are the engine's (R-24.2). Messages about faults come from the engine in English.
"""

from __future__ import annotations

import calendar
import datetime as dt

from engine.translations import faults_ru
from pbxsim.workbench.shell.texts_access import ACCESS
from pbxsim.workbench.shell.texts_board import BOARD
from pbxsim.workbench.shell.texts_canary import CANARY
from pbxsim.workbench.shell.texts_design import DESIGN
from pbxsim.workbench.shell.texts_fields import FIELDS, OPTIONS, PICKER_RU, WIDGETS
from pbxsim.workbench.shell.texts_history import HISTORY
from pbxsim.workbench.shell.texts_live import LIVE
from pbxsim.workbench.shell.texts_log import LOG
from pbxsim.workbench.shell.texts_own import OWN
from pbxsim.workbench.shell.texts_phone import PHONE
from pbxsim.workbench.shell.texts_staffing import STAFFING, WEEK
from pbxsim.workbench.shell.texts_twin import TWIN

LANGUAGES = ("en", "ru")

TEXTS: dict[str, tuple[str, str]] = {
    **ACCESS,
    **LIVE,
    **BOARD,
    **HISTORY,
    **TWIN,
    **CANARY,
    **LOG,
    **OWN,
    **PHONE,
    **STAFFING,
    **WEEK,
    **DESIGN,
    # --- shell
    "product": ("PBX Workbench", "Мастерская АТС"),
    "page.design": ("Design", "Схема"),
    "page.preview": ("Preview", "Проверка звонка"),
    "page.loadtest": ("Load test", "Нагрузка"),
    "page.year": ("Year map", "Карта года"),
    "page.versions": ("Compare", "Сравнение"),
    "version": ("version {0}", "версия {0}"),
    "no_version": ("has errors", "есть ошибки"),
    "pages": ("Pages", "Страницы"),
    "to_dark": ("Dark theme", "Тёмная тема"),
    "to_light": ("Light theme", "Светлая тема"),
    "language": ("Русский", "English"),
    "language_help": ("Switch to Russian", "Переключить на английский"),
    # --- kinds
    "kind.trunk": ("Outside number", "Внешний номер"),
    "kind.hours": ("Time rule", "Правило времени"),
    "kind.number_rule": ("Number rule", "Правило номера"),
    "kind.greeting": ("Greeting", "Приветствие"),
    "kind.queue": ("Queue", "Очередь"),
    "kind.group": ("Group", "Группа"),
    "kind.user": ("User", "Сотрудник"),
    "kind.voicemail": ("Voicemail", "Голосовая почта"),
    "kind.http_request": ("HTTP request", "HTTP-запрос"),
    "kind.contact_manager": ("Contact manager", "Менеджер контактов"),
    "help.trunk": ("A number at an operator; calls begin here", "Номер у оператора; здесь начинаются звонки"),
    "help.hours": ("Two ways, by date and time", "Два пути по дате и времени"),
    "help.number_rule": ("Two ways, by the caller's number", "Два пути по номеру звонящего"),
    "help.greeting": ("Plays a sound; keys lead further", "Проигрывает запись; клавиши ведут дальше"),
    "help.queue": ("Callers wait for a free member", "Звонящие ждут свободного сотрудника"),
    "help.group": ("Rings several people at once", "Звонит нескольким сразу"),
    "help.http_request": ("Asks a server where the call goes", "Спрашивает сервер, куда направить звонок"),
    "help.contact_manager": (
        "Sends the caller to who spoke to them before",
        "Соединяет с тем, кто говорил со звонящим раньше",
    ),
    "help.user": ("Rings one employee", "Звонит одному сотруднику"),
    "help.voicemail": ("Takes a message and mails it", "Записывает сообщение и шлёт на почту"),
    # --- ports
    "port.to": ("calls go to", "звонки идут на"),
    "port.match": ("match", "совпадение"),
    "port.mismatch": ("no match", "несовпадение"),
    "port.next": ("after the sound", "после записи"),
    "port.no_input": ("no key", "нет нажатия"),
    "port.invalid": ("wrong key", "неверная клавиша"),
    "port.timeout": ("waited too long", "долгое ожидание"),
    "port.full": ("queue full", "очередь полна"),
    "port.join_empty": ("nobody signed in", "никого нет"),
    "port.leave_empty": ("everybody left", "все ушли"),
    "port.exit": ("exit key", "клавиша выхода"),
    "port.element": ("element of the logic", "элемент логики"),
    "port.hours": ("offered by the time rule", "предлагать по правилу времени"),
    "port.callback_done": ("callback done", "перезвон выполнен"),
    "port.no_answer": ("no answer", "нет ответа"),
    "port.busy": ("busy", "занято"),
    "port.unreachable": ("not registered", "не в сети"),
    "port.always": ("always", "всегда"),
    "port.default": ("otherwise", "иначе"),
    "port.key": ("key {0}", "клавиша {0}"),
    "port.new_key": ("new key", "новая клавиша"),
    "port.empty": (
        "Empty: calls that leave here end with “No route set” (R-02.11)",
        "Пусто: звонок завершится с «Нет заданного маршрута» (R-02.11)",
    ),
    "port.lost": ("{0} does not exist", "{0} не существует"),
    "hangup": ("Hang up", "Завершить"),
    "outside_number": ("Outside number…", "Внешний номер…"),
    "nobody": ("nobody yet", "пока никого"),
    "members_hint": ("Drag to a user to add a member", "Протяните к сотруднику, чтобы добавить"),
    # --- canvas
    "palette": ("Add to the flow", "Добавить в схему"),
    "send_call_to": ("Send the call to", "Направить звонок на"),
    "search": ("Find by name or number", "Найти по имени или номеру"),
    "nothing_found": ("Nothing found", "Ничего не найдено"),
    "undo": ("Undo", "Отменить"),
    "redo": ("Redo", "Повторить"),
    "arrange": ("Arrange automatically", "Разложить автоматически"),
    "people": ("Show people", "Показать сотрудников"),
    "shortcuts": ("Keyboard shortcuts", "Горячие клавиши"),
    "minimap": ("Overview", "Обзор"),
    "empty": ("Nothing here yet: drag something from the left", "Пока пусто: перетащите что-нибудь слева"),
    "aria.card": (
        "Enter selects the card, arrow keys move it, Delete deletes it, F2 renames it, Escape lets go of it.",
        "Enter выбирает карточку, стрелки двигают, Delete удаляет, F2 переименовывает, Escape снимает выбор.",
    ),
    "aria.card_seen": (
        "Enter selects the card, Escape lets go of it.",
        "Enter выбирает карточку, Escape снимает выбор.",
    ),
    "aria.line": (
        "Enter selects the line, Delete deletes it, Escape lets go of it.",
        "Enter выбирает линию, Delete удаляет, Escape снимает выбор.",
    ),
    "aria.link": ("{0}: {1} → {2}", "{0}: {1} → {2}"),
    "aria.moved": ("Moved to {{x}}, {{y}}", "Перемещено в {{x}}, {{y}}"),
    "aria.view": ("View", "Вид"),
    "aria.closer": ("Zoom in", "Приблизить"),
    "aria.farther": ("Zoom out", "Отдалить"),
    "aria.whole": ("Show everything", "Показать всё"),
    "aria.dot": ("Output", "Выход"),
    "nothing_to_show": ("There is no element to show", "Нет ни одного элемента"),
    "keys.save": ("save", "сохранить"),
    "keys.find": ("find", "найти"),
    "keys.fit": ("show everything", "показать всё"),
    "keys.delete": ("delete", "удалить"),
    "keys.rename": ("rename", "переименовать"),
    "keys.close": ("close, let go", "закрыть, снять выбор"),
    "keys.pick": ("pick up from the left; arrows, Enter", "взять слева; стрелки, Enter"),
    "keys.walk": ("next card", "следующая карточка"),
    "keys.move": ("move the card", "двигать карточку"),
    # --- design
    "settings": ("Settings", "Настройки"),
    "problems": ("Problems", "Замечания"),
    "problems_none": ("No problems found", "Замечаний нет"),
    "problems_sought": ("Looking …", "Проверяется…"),
    "errors": ("Errors: {0}", "Ошибок: {0}"),
    "warnings": ("Warnings: {0}", "Предупреждений: {0}"),
    "nothing_selected": (
        "Select a card to see its settings. Drag from the left to add one, drag between dots to connect.",
        "Выберите карточку, чтобы увидеть настройки. Слева можно перетащить новую, точки соединяются линиями.",
    ),
    "outputs": ("Outputs", "Выходы"),
    "more": ("More settings", "Другие настройки"),
    "delete": ("Delete", "Удалить"),
    "delete_refused": (
        "R-02.13: {0} cannot be deleted. It is used by:",
        "R-02.13: {0} нельзя удалить. Используется:",
    ),
    "refused": ("Not possible: {0}", "Нельзя: {0}"),
    "dismiss": ("Close", "Закрыть"),
    "used_by": ("Calls come from", "Звонки приходят с"),
    "unreadable": (
        "This file is not readable as YAML. Correct it in a text editor and reload.",
        "Файл не читается как YAML. Исправьте его в редакторе и перечитайте.",
    ),
    "nowhere": ("(empty)", "(пусто)"),
    "other_number": ("Outside number", "Внешний номер"),
    "add_row": ("Add", "Добавить"),
    "line": ("line {0}", "строка {0}"),
    "try_call": ("Follow an example", "Проследить пример"),
    "not_written": ("Not understood: {0}", "Не понято: {0}"),
    "in_file": ("Written by hand: {0}", "Записано вручную: {0}"),
    "default_is": ("default {0}", "по умолчанию {0}"),
    # --- preview
    "called": ("Called number", "Набранный номер"),
    "caller": ("Caller", "Звонящий"),
    "caller_hint": ("empty: number withheld", "пусто: номер скрыт"),
    "date": ("Date", "Дата"),
    "time": ("Time", "Время"),
    "in_zone": ("Time in {0}", "Время: {0}"),
    "keys": ("Keys pressed", "Нажатия клавиш"),
    "keys_hint": ("in order, such as 12#", "по порядку, например 12#"),
    "members": ("People", "Сотрудники"),
    "state.answers": ("answers", "отвечает"),
    "state.no_answer": ("no answer", "не отвечает"),
    "state.busy": ("busy", "занят"),
    "state.unreachable": ("not registered", "не в сети"),
    "state.rejects": ("rejects", "отклоняет"),
    "state.out": ("signed out", "вышел"),
    "state.paused": ("paused", "на паузе"),
    "account_state": ("Account", "Аккаунт"),
    "trunk_states": ("Trunks", "Внешние номера"),
    "held_rules": ("Time rules by hand", "Правила времени вручную"),
    "held.auto": ("by its own times", "по своим часам"),
    "held.match": ("held: match", "вручную: совпадение"),
    "held.mismatch": ("held: mismatch", "вручную: несовпадение"),
    "server_answers": ("What servers answer", "Что отвечают серверы"),
    "server_answers_help": ("No request leaves this machine.", "Запросы с этой машины не уходят."),
    "answer_hint": (
        "empty: no answer · to:101 · status:503 · {{…}}",
        "пусто: нет ответа · to:101 · status:503 · {{…}}",
    ),
    "dialled": ("Dialled codes", "Набранные коды"),
    "dialled_help": (
        "What users dial on their phones, each as USER=CODE with ; between: forwarding, pick-up, do not disturb.",
        "Что набирают сотрудники, каждый как НОМЕР=КОД, через ; — переадресация, перехват, «не беспокоить».",
    ),
    "dialled.before": ("Before the call", "До вызова"),
    "dialled.before_hint": ("102=*72103; 103=*78", "102=*72103; 103=*78"),
    "dialled.in_ring": ("While it rings", "Пока звонит"),
    "dialled.in_ring_hint": ("103=**102", "103=**102"),
    "dialled_wrong": (
        "“{0}”: write a user of this PBX, = and the code, such as 102=*72103.",
        "«{0}»: укажите сотрудника этой АТС, знак = и код, например 102=*72103.",
    ),
    "all_answer": ("All answer", "Все отвечают"),
    "none_answer": ("Nobody answers", "Никто не отвечает"),
    "steps": ("What happens", "Что происходит"),
    "steps_none": ("The call goes nowhere.", "Звонок никуда не идёт."),
    "not_taken": ("not taken: {0}", "не выбрано: {0}"),
    "ended": ("Call ends: {0}", "Звонок завершён: {0}"),
    "ended_normally": ("normally", "обычным образом"),
    "talked": ("talked {0}", "разговор {0}"),
    "step": ("step", "шаг"),
    "has_errors": (
        "The flow has errors, so no call can be followed. Correct them on the Design page.",
        "В схеме есть ошибки, звонок проследить нельзя. Исправьте их на странице «Схема».",
    ),
    "no_trunk_number": (
        "This PBX has no outside number {0}; it has {1}.",
        "У этой АТС нет внешнего номера {0}, есть {1}.",
    ),
    "now": ("Now", "Сейчас"),
    "bad_time": ("Write the time as 09:00 or 08:59:59", "Напишите время как 09:00 или 08:59:59"),
    "call": ("The call", "Звонок"),
    # --- load test
    "run_errors": (
        "The flow has errors, so no day can be simulated. Correct them on the Design page.",
        "В схеме есть ошибки, смоделировать день нельзя. Исправьте их на странице «Схема».",
    ),
    "scenario": ("Scenario", "Сценарий"),
    "load": ("Calls, compared with the scenario", "Звонки относительно сценария"),
    "reps": ("Simulated days", "Дней моделирования"),
    "seed": ("Seed", "Начальное число"),
    "threshold": ("Service level threshold, s", "Порог уровня сервиса, с"),
    "run": ("Run", "Запустить"),
    "cancel": ("Cancel", "Прервать"),
    "ready": ("Ready.", "Готово к запуску."),
    "progress": ("{0} of {1} days, {2} s", "{0} из {1} дней, {2} с"),
    "left": (", about {0} s left", ", осталось около {0} с"),
    "cancelled": ("Cancelled after {0} of {1} days.", "Прервано после {0} из {1} дней."),
    "finished": ("{0} days in {1} s: {2} calls simulated.", "{0} дней за {1} с: смоделировано звонков: {2}."),
    "work_failed": (
        "The workbench itself failed, nothing that was asked for is wrong: {0}. Its log says where.",
        "Сбой самой программы, в запросе ошибки нет: {0}. Подробности в её журнале.",
    ),
    "failed": ("The load test failed: {0}", "Ошибка моделирования: {0}"),
    "offered": ("Offered", "Поступило"),
    "answered": ("Answered", "Отвечено"),
    "abandoned": ("Abandoned", "Не дождались"),
    "service_level": ("Service level", "Уровень сервиса"),
    "asa": ("Mean wait (ASA)", "Среднее ожидание"),
    "occupancy": ("Occupancy", "Занятость"),
    "per_day": ("a day", "в день"),
    "ci": ("95 %: {0} – {1}", "95 %: {0} – {1}"),
    "within": ("answered within {0} s", "отвечено за {0} с"),
    "chart.service": ("Service level over the day, %", "Уровень сервиса в течение дня, %"),
    "chart.calls": ("Calls per interval", "Звонков за интервал"),
    "chart.wait": ("Mean wait of answered calls, s", "Среднее ожидание отвеченных, с"),
    "band.days": ("eight days out of ten", "восемь дней из десяти"),
    "band.mean": ("95 % interval", "95 % интервал"),
    "mean": ("mean", "среднее"),
    "target": ("target {0}", "цель {0}"),
    "no_results": (
        "Choose a scenario and run it: figures and charts appear while the days are simulated.",
        "Выберите сценарий и запустите: показатели и графики появятся по ходу моделирования.",
    ),
    "arriving": (
        "The scenario's day is being simulated, {0} times: figures and charts come in a moment.",
        "День сценария моделируется, {0} раз: показатели и графики сейчас появятся.",
    ),
    "queue": ("Queue", "Очередь"),
    "all_queues": ("All queues", "Все очереди"),
    "refused_calls": ("refused {0}", "отказано {0}"),
    "timed_out": ("left by timeout {0}", "по тайм-ауту {0}"),
    # --- year and versions
    "first_day": ("Year from", "Год начиная с"),
    "callers": ("Callers", "Звонящие"),
    "callers.all": ("all callers", "все звонящие"),
    "callers.other": ("all other callers", "все остальные звонящие"),
    "callers.fit": ("callers that fit {0}, such as {1}", "звонящие из {0}, например {1}"),
    "place.no_route": ("No route set", "Нет заданного маршрута"),
    "place.loop": ("A loop without waiting", "Круг без ожидания"),
    "minutes_a_year": ("minutes a year", "минут в год"),
    "share": ("share", "доля"),
    "lands_at": ("calls land at", "звонки приходят на"),
    "lands": ("Where calls land", "Куда приходят звонки"),
    "week": ("The week of the year {0} – {1}", "Неделя за год {0} – {1}"),
    "week_hint": (
        "A cell is half an hour of a weekday, all weeks of the year together: its colours show where its minutes go.",
        "Клетка — полчаса дня недели за все недели года: цвета показывают, куда приходятся её минуты.",
    ),
    "ranges": ("Times of day", "Время суток"),
    "boundaries": ("Changes: {0}", "Переключений: {0}"),
    "boundaries_hint": (
        "Every instant at which calls begin to land elsewhere; a click follows a call at that second.",
        "Каждый момент, с которого звонки идут в другое место; щелчок проследит звонок в эту секунду.",
    ),
    "more_rows": ("and {0} more", "и ещё {0}"),
    "weekdays": ("weekdays", "дни недели"),
    "boundaries_none": ("Calls go to one place the whole year.", "Звонки весь год приходят в одно место."),
    "every_day": ("every day", "все дни"),
    "hours.same_day": ("{0} – {1}", "{0} – {1}"),
    "hours.next_day": ("{0} – {1} next day", "{0} – {1} следующего дня"),
    "hours.days_later": ("{0} – {1}, {2} days later", "{0} – {1} через {2} дн."),
    "hours.whole_days": ("day and night, {0} days", "круглосуточно, {0} дн."),
    "from_to": ("from – to", "с – до"),
    "times": ("times", "раз"),
    "first_last": ("first – last", "первый – последний"),
    "before": ("before", "до"),
    "after": ("after", "после"),
    "instant": ("when", "когда"),
    "old_version": ("Old version", "Старая версия"),
    "new_version": ("New version", "Новая версия"),
    "version.saved": ("{0} as saved", "{0}, сохранённая"),
    "version.draft": ("{0} in edit", "{0}, в работе"),
    "compared": ("What moves", "Что меняется"),
    "same": ("lands as before", "как прежде"),
    "number.added": ("number is new", "номер добавлен"),
    "number.removed": ("number is gone", "номер удалён"),
    "moved_minutes": ("minutes a year that move", "минут в год меняется"),
    "no_difference": ("No difference.", "Отличий нет."),
    "nothing_moves": (
        "Calls to this number land where they did before, at every second of the year.",
        "Звонки на этот номер приходят туда же, что и раньше, в каждую секунду года.",
    ),
    "moves_hint": (
        "A cell is half an hour of a weekday, all weeks of the year together; what is coloured lands elsewhere.",
        "Клетка — полчаса дня недели за все недели года; закрашенное приходит в другое место.",
    ),
    "edited": ("What was edited", "Что изменено"),
    "changed.changed": ("changed", "изменено"),
    "changed.added": ("added", "добавлено"),
    "changed.removed": ("removed", "удалено"),
    "reworked": (
        "{0} minutes a year land at {1}, which was changed",
        "{0} минут в год приходят на {1}, где есть правки",
    ),
    "version_errors": (
        "This version has errors and cannot be compared.",
        "В этой версии есть ошибки, сравнить её нельзя.",
    ),
    "year_errors": (
        "The flow has errors, so nobody can say where calls land. Correct them on the Design page.",
        "В схеме есть ошибки, поэтому неизвестно, куда придут звонки. Исправьте их на странице «Схема».",
    ),
    "seconds": ("{0} s", "{0} с"),
    "percent": ("{0} %", "{0} %"),
    "hours_unit": ("h", "ч"),
}

_DAYS_RU = {
    **faults_ru.SMALL_WEEKDAYS,
    "all": "все дни",
    "none": "никогда",
}


class Texts:
    """The texts of one language.

    >>> Texts("ru")("errors", 2)
    'Ошибок: 2'
    """

    def __init__(self, language: str = "en") -> None:
        self.language = language if language in LANGUAGES else "en"
        self._column = LANGUAGES.index(self.language)

    def __call__(self, key: str, *values: object) -> str:
        """The text of `key` with `{0}`, `{1}`… filled in. Raises KeyError for a key the catalogue lacks."""
        return TEXTS[key][self._column].format(*values)

    def kind(self, kind: str) -> str:
        """What people call a kind; a kind without a text by its own name."""
        return self._or(f"kind.{kind}", _plain(kind))

    def help(self, kind: str) -> str:
        """What a kind is for."""
        return self._or(f"help.{kind}", self.kind(kind))

    def port(self, port: str) -> str:
        """What people call an output."""
        return self._or(f"port.{port}", _plain(port).lower())

    def field(self, field: str, kind: str = "") -> str:
        """What people call a setting, of a kind where that makes a difference."""
        found = FIELDS.get(f"{kind}.{field}") or FIELDS.get(field)
        return found[self._column] if found else _plain(field)

    def option(self, option: str) -> str:
        """What people call one choice of a setting."""
        found = OPTIONS.get(option)
        return found[self._column] if found else option

    def days(self, days: str) -> str:
        """Weekdays as people write them.

        >>> Texts("ru").days("mon-fri"), Texts("en").days("mon-fri")
        ('пн–пт', 'Mon–Fri')
        """
        parts = [piece.split("-") for piece in days.replace(" ", "").lower().split(",")]
        names = _DAYS_RU if self.language == "ru" else {"all": "every day", "none": "never"}
        return ", ".join("–".join(names.get(day, day.capitalize()) for day in part) for part in parts)

    def weekdays(self) -> tuple[str, ...]:
        """Monday to Sunday, short."""
        names = tuple(_DAYS_RU)[:7]
        return tuple(_DAYS_RU[name] if self.language == "ru" else name.capitalize() for name in names)

    def months(self) -> tuple[str, ...]:
        """January to December, as a calendar's heading has them.

        >>> Texts("ru").months()[4], Texts("en").months()[0]
        ('май', 'January')
        """
        return _MONTHS_RU if self.language == "ru" else tuple(calendar.month_name[1:])

    def widget_words(self) -> dict[str, object]:
        """What widgets say by themselves and how numbers are written, for `static/widgets.js`.

        >>> Texts("ru").widget_words()["comma"], list(Texts("en").widget_words())
        (True, ['language', 'names'])
        """
        names = {name: pair[self._column] for name, pair in WIDGETS.items()}
        if self.language == "en":
            return {"language": "en", "names": names}
        return {"language": "ru", "names": names, "comma": True, "months": self.months(), "picker": PICKER_RU}

    def number(self, value: float, digits: int = 1) -> str:
        """A figure with a fixed number of decimals and gaps between thousands, written as the language writes it.

        >>> Texts("ru").number(3237.66), Texts("en").number(12.34)
        ('3\\xa0237,7', '12.3')
        """
        shown = f"{value:,.{digits}f}".replace(",", "\xa0")
        return shown.replace(".", ",") if self.language == "ru" else shown

    def exact(self, value: float) -> str:
        """A figure with as many decimals as it has.

        >>> Texts("ru").exact(37.5), Texts("ru").exact(20.0)
        ('37,5', '20')
        """
        shown = f"{value:.10g}"
        return shown.replace(".", ",") if self.language == "ru" else shown

    def brief(self, value: float) -> str:
        """A figure with one decimal where it has any.

        >>> Texts("ru").brief(99.5), Texts("ru").brief(20.0)
        ('99,5', '20')
        """
        return self.number(value).removesuffix(",0").removesuffix(".0")

    def amount(self, value: float) -> str:
        """A count with gaps between thousands, at which no line ends; decimals only where it is small.

        >>> Texts().amount(187920.0), Texts("ru").amount(0.5)
        ('187\\xa0920', '0,5')
        """
        whole = value == round(value) or value >= 100
        return f"{value:,.0f}".replace(",", "\xa0") if whole else self.number(value)

    def quotes(self, text: str) -> str:
        """The same with the quotation marks of the language: «Sales» is “Sales” in English."""
        return text if self.language == "ru" else text.replace("«", "“").replace("»", "”")

    def date(self, day: dt.date) -> str:
        """A date; English pages have the form of ISO 8601.

        >>> Texts("ru").date(dt.date(2026, 3, 1)), Texts("en").date(dt.date(2026, 3, 1))
        ('01.03.2026', '2026-03-01')
        """
        return f"{day:{'%d.%m.%Y' if self.language == 'ru' else '%Y-%m-%d'}}"

    def weekday_date(self, day: dt.date) -> str:
        """A date after its weekday."""
        return f"{self.weekdays()[day.weekday()]} {self.date(day)}"

    def moment(self, at: dt.datetime) -> str:
        """A date with hours and minutes."""
        return f"{self.date(at)} {at:%H:%M}"

    @property
    def date_format(self) -> str:
        """The form of a date in a field that asks for one."""
        return "DD.MM.YYYY" if self.language == "ru" else "YYYY-MM-DD"

    def _or(self, key: str, otherwise: str) -> str:
        found = TEXTS.get(key)
        return found[self._column] if found else otherwise


_MONTHS_RU = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
