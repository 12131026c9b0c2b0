"""The only room where Hungarian is spoken: sentences, dates, amounts, e-mails and short messages."""
