"""x"""
import reflex as rx
def page(): return rx.el.main(rx.el.h1("Hello", class_name="btn btn-primary"))
app = rx.App(html_lang="hu")
app.add_page(page, route="/belepes", title="x")
app.add_page(page, route="404", title="x")
