"""What all pages share: header, navigation, texts in two languages, tables, accessibility."""
