"""The texts of drafts and saving. Decides wording only."""

from __future__ import annotations

SAVING: dict[str, tuple[str, str]] = {
    "draft": ("Not saved", "Не сохранено"),
    "saved": ("Saved", "Сохранено"),
    "save": ("Save", "Сохранить"),
    "reload": ("Reload", "Перечитать"),
    "saved_now": ("Saved to {0}", "Сохранено в {0}"),
    "reloaded": ("Loaded again from {0}", "Перечитано из {0}"),
    "conflict": ("{0} was changed by somebody else since it was loaded.", "{0} изменён кем-то другим после загрузки."),
    "overwrite": ("Overwrite it", "Перезаписать"),
    "load_theirs": ("Load theirs", "Загрузить чужой"),
    "kept": ("Saved as a draft", "Сохранён черновик"),
    "save_draft": ("Save as a draft", "Сохранить черновик"),
    "kept_now": (
        "It has errors, so it was saved as a draft, to {0}. {1} stays as it was.",
        "В схеме есть ошибки, поэтому она сохранена как черновик в {0}. Файл {1} не изменён.",
    ),
    "kept_waits": (
        "A draft with errors lies in {0}, saved {1}.",
        "В {0} лежит черновик с ошибками, сохранён {1}.",
    ),
    "shell.lost": (
        "The server does not answer. This page comes back by itself; your work is kept.",
        "Сервер не отвечает. Страница вернётся сама, работа сохранена.",
    ),
    "shell.leave": ("There is unsaved work.", "Есть несохранённая работа."),
    "shell.recovered": ("Recovered: your unsaved changes are here.", "Восстановлено: несохранённые изменения здесь."),
    "not_kept": (
        "Unsaved changes cannot be kept on disk: {0}. Save before you leave.",
        "Несохранённые изменения нельзя записать на диск: {0}. Сохраните их перед уходом.",
    ),
    "kept_open": ("Open the draft", "Открыть черновик"),
    "kept_delete": ("Delete the draft", "Удалить черновик"),
}
