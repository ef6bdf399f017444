"""Texts of the phone in the browser in English and Russian; `texts.py` takes them in. Decides wording only."""

from __future__ import annotations

PHONE: dict[str, tuple[str, str]] = {
    "page.phone": ("Phone", "Телефон"),
    "phone.open": ("Open the phone", "Открыть телефон"),
    "phone.call_flow": ("Call it with the phone", "Позвонить с телефона"),
    "phone.call_flow_help": (
        "A real call through the live version of the running bridge: members ring, and it stands in History.",
        "Настоящий звонок по рабочей версии работающего моста: у сотрудников зазвонит, звонок попадёт в историю.",
    ),
    "phone.pass_over": (
        "The bridge does not know this phone any more: it was started again, or the page slept for long. Call again.",
        "Мост больше не знает этот телефон: мост перезапущен, или страница долго спала. Позвоните ещё раз.",
    ),
    # --- the face: `phone/words.py` sends all of it to the browser
    "phone.who": ("This phone is", "Этот телефон —"),
    "phone.outside": ("a caller from outside", "звонящий снаружи"),
    "phone.from": ("Caller's number", "Номер звонящего"),
    "phone.trunk_called": ("Outside number to call", "Внешний номер для звонка"),
    "phone.called": ("Number to call", "Номер для звонка"),
    "phone.dial": ("Dial", "Набор номера"),
    "phone.rub_out": ("Delete the last digit", "Стереть последнюю цифру"),
    "phone.keypad": ("Keys", "Клавиши"),
    "phone.call_it": ("Call", "Позвонить"),
    "phone.call": ("Call", "Звонок"),
    "phone.unknown": ("Unknown number", "Номер не определён"),
    "phone.answer": ("Answer", "Ответить"),
    "phone.decline": ("Decline", "Отклонить"),
    "phone.hang_up": ("Hang up", "Завершить"),
    "phone.mute": ("Mute", "Без звука"),
    "phone.hold": ("Hold", "Удержать"),
    "phone.resume": ("Resume", "Вернуться"),
    "phone.transfer": ("Transfer", "Перевести"),
    "phone.transfer_to": ("Transfer to", "Перевести на"),
    "phone.transfer_now": ("Transfer now", "Перевести сразу"),
    "phone.ask_first": ("Ask them first", "Сначала спросить"),
    "phone.transferring": ("Transferring to {0} …", "Переводим на {0}…"),
    "phone.join": ("Connect them", "Соединить"),
    "phone.back": ("Back to the caller", "К звонящему"),
    "phone.first_waits": ("{0} is on hold with music", "{0} ждёт и слушает музыку"),
    "phone.calling": ("Calling …", "Вызываем…"),
    "phone.rings_there": ("Ringing …", "Гудки…"),
    "phone.rings_here": ("Incoming call", "Входящий звонок"),
    "phone.on_hold": ("On hold", "На удержании"),
    "phone.they_hold": ("The far end holds", "Вас поставили на удержание"),
    "phone.heard": ("Sound from the far end", "Звук собеседника"),
    "phone.quality": ("{0} % lost, jitter {1} ms", "потери {0} %, дрожание {1} мс"),
    "phone.no_media": (
        "No sound gets through: a firewall between browser and bridge?",
        "Звук не проходит: файрвол между браузером и мостом?",
    ),
    "phone.decimal": (".", ","),
    "phone.devices": ("Microphone and speaker", "Микрофон и динамик"),
    "phone.microphone": ("Microphone", "Микрофон"),
    "phone.speaker": ("Speaker", "Динамик"),
    "phone.usual_device": ("As the system has it", "Как в системе"),
    "phone.device": ("Device {0}", "Устройство {0}"),
    "phone.speaker_fixed": (
        "This browser sounds through the system's speaker only.",
        "Этот браузер выводит звук только на системный динамик.",
    ),
    "phone.try_microphone": ("Ask for the microphone", "Запросить микрофон"),
    "phone.recent": ("Latest calls of this page", "Последние звонки этой страницы"),
    "phone.call_again": ("Take this number", "Взять этот номер"),
    "phone.history": ("Open History", "Открыть историю"),
    "phone.ended": ("{0}: {1}", "{0}: {1}"),
    "phone.line.outside": (
        "Calls one of the outside numbers, as anybody could",
        "Звонит на внешний номер, как любой человек",
    ),
    "phone.line.off": ("Not connected", "Не подключён"),
    "phone.line.connecting": ("Connecting …", "Подключаемся…"),
    "phone.line.connected": ("Ready to call", "Можно звонить"),
    "phone.line.registered": ("Ready: calls to this user ring here", "Готов: звонки этому сотруднику придут сюда"),
    "phone.line.lost": ("Connection lost, trying again", "Связь потеряна, подключаемся снова"),
    "phone.end.over": ("ended", "завершён"),
    "phone.end.busy": ("busy", "занято"),
    "phone.end.rejected": (
        "refused. Is the number right, and may this phone call it?",
        "отказано. Верен ли номер и можно ли на него звонить с этого телефона?",
    ),
    "phone.end.not_found": (
        "there is no such number. A caller from outside reaches outside numbers only; become a user to call inside.",
        "такого номера нет. Снаружи доступны только внешние номера; для внутренних станьте сотрудником.",
    ),
    "phone.end.unavailable": ("nobody can be reached there now", "там сейчас никто не доступен"),
    "phone.end.no_answer": ("no answer", "нет ответа"),
    "phone.end.cancelled": ("missed", "пропущен"),
    "phone.end.lost": ("the connection was lost", "связь прервалась"),
    "phone.end.failed": ("failed", "не удался"),
    "phone.problem.microphone_denied": (
        "The browser may not use the microphone. Click the sign before the address, allow the microphone, and call again.",
        "Браузеру запрещён микрофон. Нажмите значок перед адресом, разрешите микрофон и позвоните снова.",
    ),
    "phone.problem.microphone_none": (
        "There is no microphone. Plug one in, or choose another one below.",
        "Микрофона нет. Подключите его или выберите другой ниже.",
    ),
    "phone.problem.microphone_taken": (
        "The microphone cannot be used: another program may have it. Close that program, or choose another one below.",
        "Микрофон недоступен: возможно, он занят другой программой. Закройте её или выберите другой микрофон ниже.",
    ),
    "phone.problem.microphone_insecure": (
        "Browsers give no microphone to pages that are not encrypted. Open the workbench over https://, or on its own machine as "
        "http://localhost.",
        "Браузер не даёт микрофон незашифрованным страницам. Откройте мастерскую по https:// или на самой машине как "
        "http://localhost.",
    ),
    "phone.problem.no_network": (
        "The browser finds no network to send sound over. Connect this computer to one; Chromium on a machine without any can be "
        "started with --allow-loopback-in-peer-connection.",
        "Браузер не находит сети для звука. Подключите компьютер к сети; Chromium на машине совсем без сети можно запустить с "
        "--allow-loopback-in-peer-connection.",
    ),
    "phone.problem.bridge_lost": (
        "The bridge cannot be reached. Is it running (pbx live), and has it a ws or wss address under listen? It is tried again "
        "every few seconds.",
        "Мост недоступен. Запущен ли он (pbx live) и есть ли у него адрес ws или wss в listen? Попытки повторяются каждые "
        "несколько секунд.",
    ),
    "phone.problem.not_registered": (
        "The bridge does not take this phone. A user has five phones at most: sign another one off, or choose another user.",
        "Мост не принимает этот телефон. У сотрудника не больше пяти телефонов: отключите лишний или выберите другого.",
    ),
    "phone.problem.not_transferred": (
        "The call was not transferred and is still here. Is the number right?",
        "Звонок не переведён и остаётся здесь. Верен ли номер?",
    ),
}
