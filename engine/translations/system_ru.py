"""What an operating system says of files, in Russian."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "No such file or directory": "такого файла или папки нет",
    "Permission denied": "нет прав",
    "Operation not permitted": "не разрешено",
    "Is a directory": "это папка",
    "Not a directory": "часть пути — не папка",
    "File exists": "уже есть",
    "File name too long": "слишком длинное имя",
    "No space left on device": "на диске нет места",
    "Disk quota exceeded": "исчерпана квота диска",
    "Read-only file system": "диск доступен только для чтения",
    "Too many open files": "открыто слишком много файлов",
    "Too many levels of symbolic links": "ссылки ведут по кругу",
    "Directory not empty": "папка не пуста",
    "Input/output error": "ошибка диска",
    "Address already in use": "порт занят",
    "Cannot assign requested address": "такого адреса на этой машине нет",
    "Connection refused": "соединение отклонено",
    "Connection reset by peer": "соединение оборвано",
}
"""By the English words of glibc (`strerror`)."""
