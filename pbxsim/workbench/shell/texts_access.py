"""The texts of signing in, roles and what somebody may not do. Decides wording only."""

from __future__ import annotations

ACCESS: dict[str, tuple[str, str]] = {
    "refused.see": (
        "You have no role here. An administrator gives you one.",
        "У вас здесь нет роли. Её даст администратор.",
    ),
    "refused.simulate": (
        "Simulating takes the role of an analyst or administrator.",
        "Моделировать могут аналитик и администратор.",
    ),
    "refused.save_scenario": (
        "Saving scenarios takes the role of an analyst or administrator.",
        "Сохранять сценарии могут аналитик и администратор.",
    ),
    "refused.edit": (
        "Changing the document takes the role of an administrator.",
        "Менять схему может администратор.",
    ),
    "refused.save": (
        "Saving the document takes the role of an administrator.",
        "Сохранять схему может администратор.",
    ),
    "refused.promote": (
        "Promoting and rolling back take the role of an operator.",
        "Вводить версии в работу и откатывать их может оператор.",
    ),
    "refused.act": (
        "Acting on the running bridge takes the role of an operator.",
        "Управлять работающим мостом может оператор.",
    ),
    "refused.listen": (
        "Listening to recordings takes the role of an operator.",
        "Слушать записи может оператор.",
    ),
    "access.alone": ("single user", "один пользователь"),
    "access.alone_help": (
        "Nobody has to sign in: only this machine reaches the workbench, and whoever does acts as {0}.",
        "Вход не нужен: мастерская доступна только с этой машины, и все действуют от имени {0}.",
    ),
    "access.alone_more": (
        "Everything is allowed here, and the running bridge keeps your acts under this name. As soon as there is a person, "
        "everybody signs in: pbx user add NAME --role administrator",
        "Здесь разрешено всё, и работающий мост запоминает действия под этим именем. Как только появится человек, входить "
        "придётся всем: pbx user add ИМЯ --role administrator",
    ),
    "access.person": ("Signed in as {0}", "Вход выполнен: {0}"),
    "access.sign_in": ("Sign in", "Вход"),
    "access.enter": ("Sign in", "Войти"),
    "access.sign_out": ("Sign out", "Выйти"),
    "access.back": ("Back to the workbench", "Вернуться в мастерскую"),
    "access.name": ("Name", "Имя"),
    "access.password": ("Password", "Пароль"),
    "access.wrong": ("Wrong name or password.", "Неверное имя или пароль."),
    "access.locked": (
        "Too many tries. Try again in {0} min.",
        "Слишком много попыток. Попробуйте снова через {0} мин.",
    ),
    "access.busy": (
        "Too many people sign in just now. Try again.",
        "Сейчас входит слишком много людей. Попробуйте ещё раз.",
    ),
    "access.stale": (
        "This form is too old, or your browser takes no cookies. Try again.",
        "Форма устарела, или браузер не принимает cookie. Попробуйте ещё раз.",
    ),
    "access.empty": (
        "There are no persons yet. On the server: pbx user add NAME --role administrator",
        "Людей ещё нет. На сервере: pbx user add ИМЯ --role administrator",
    ),
    "access.forgotten": (
        "Forgotten? Whoever runs the server gives a new one: pbx user passwd NAME",
        "Забыли пароль? Новый даст тот, у кого есть сервер: pbx user passwd ИМЯ",
    ),
    "access.roles": ("Roles", "Роли"),
    "access.rights": ("What you may do", "Что вам можно"),
    "access.change": ("Change the password", "Сменить пароль"),
    "access.old": ("Password now", "Пароль сейчас"),
    "access.new": ("New password", "Новый пароль"),
    "access.changed": (
        "The password is changed; every other session of yours has ended.",
        "Пароль изменён, остальные ваши сеансы завершены.",
    ),
    "access.short": ("A password has at least {0} characters.", "В пароле не меньше {0} символов."),
    "access.long": ("A password has at most {0} characters.", "В пароле не больше {0} символов."),
    "role.viewer": ("viewer", "наблюдатель"),
    "role.analyst": ("analyst", "аналитик"),
    "role.administrator": ("administrator", "администратор"),
    "role.operator": ("operator", "оператор"),
    "right.see": ("see flows, previews and figures", "видеть схемы, проверки и показатели"),
    "right.simulate": ("simulate, load-test and calibrate", "моделировать, нагружать и калибровать"),
    "right.save_scenario": ("save scenarios", "сохранять сценарии"),
    "right.edit": ("change the document", "менять схему"),
    "right.save": ("save the document", "сохранять схему"),
    "right.promote": ("promote versions and roll them back", "вводить версии в работу и откатывать их"),
    "right.act": ("act on the running bridge", "управлять работающим мостом"),
    "right.listen": ("listen to recordings", "слушать записи"),
}
