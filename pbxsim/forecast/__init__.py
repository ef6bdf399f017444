"""How many calls will come: daily volumes by several methods, judged by what they would have said of days that are over."""
