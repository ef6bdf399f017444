"""What an account refuses, and why: one exception with a code, the rule, and what stands in its sentence.

Decides the English sentences; the Russian ones are in `translations/account_ru.py`. A sentence says what to do next.
"""

from __future__ import annotations

from typing import Final

from engine.contract.errors import PbxError

SENTENCES: Final = {
    # sign-up and sign-in
    "email": "{given} is no e-mail address: write name@example.org",
    "link_used": "this link has been used: it works once; ask for a new e-mail",
    "link_over": "this link is over: it works for 72 hours; ask for a new e-mail",
    "link_unknown": "there is no such link: copy it whole from the e-mail, or ask for a new one",
    "account_name": "{given} cannot be an account name: 3 to 32 Latin letters and digits, the first one a letter",
    "account_taken": "the name {given} is taken: choose another one",
    "password_short": "a panel password has at least {least} characters",
    "password_long": "a panel password has at most {most} characters",
    "password_sip": "a panel password and a user's SIP password are different secrets: choose another one",
    "factor_code": "this is no code of now: wait for the next one in the app, and see that the telephone's clock is right",
    "factor_on": "a second factor is on already: switch it off first",
    "factor_off": "no second factor is on",
    "filter": "{given} is neither a user's number nor a range of them: write 100;102-110, or * for all calls",
    "filter_long": "a filter has at most {most} characters: write ranges such as 102-110",
    "field_missing": "fill in “{given}”",
    "server": "there is no server {given}: choose one of {known}",
    # states
    "closed": "the account is closed: write to the provider",
    # the extension
    "not_needed": "the account is not blocked: an extension is not needed",
    "old_account": "accounts registered before 17 December 2014 have a lower credit threshold and no extension",
    "never_paid": "the trial is over and nothing was ever paid: turn to the manager who connected you",
    "too_soon": "an extension works again seven days after the last one: from {given}",
    "no_payment_since": "an extension works again after a payment: there was none since the last one",
    # money
    "amount": "{given} is no amount: write roubles and at most two places, such as 250 or 99.90",
    "payer_missing": "a payer must exist before the balance is topped up: add one under Balance, Payers",
    "payer_incomplete": "fill in all fields of the payer: {given}",
    "mobile_missing": "a private person's payment needs a mobile number, such as +79161234567",
    "foreign_minimum": "from a foreign company at least the yearly cost is accepted: {given} RUB",
    "card_limit": "card payments are limited to 100 USD a day; {given} USD are left until midnight in Moscow",
    "invoice_paid": "the invoice is paid already",
    "invoice_gone": "the invoice was deleted 60 days after its creation: make a new one",
    # bought numbers and confirmation
    "balance_zero": "the balance for numbers is {given} RUB: top it up first",
    "number_fee": "the subscription fee is {given} RUB and the balance for numbers is smaller: top it up first",
    "documents_nowhere": "the provider has told no address for requests: write to the provider from {given}",
    "documents_asked": "documents were asked for less than an hour ago: wait for the answer",
    "number_taken": "the number {given} is no longer free: choose another one",
    "confirmation_state": "the account is {given}: nothing can be sent now",
    "confirmation_person": (
        "only citizens of the Russian Federation, or foreigners with temporary registration there, can be confirmed"
    ),
    "confirmation_files": "attach at least one scan",
    "scan_kind": "a scan is a whole PDF, JPEG or PNG file of at most 10 MB",
    "scans_many": "at most {most} scans can be attached: remove one first",
    # documents
    "period": "the period ends before it begins",
    # the end
    "close_name": "write the name of the account, {given}, to close it",
}


class AccountRefused(PbxError):
    """A request about an account that its rules refuse; nothing has changed."""

    def __init__(self, code: str, rule: str, **details: object) -> None:
        self.code = code
        self.rule = rule
        self.details = {name: str(value) for name, value in details.items()}
        super().__init__(f"{SENTENCES[code].format_map(self.details)} ({rule})")
