"""The studio's entry script: navigation over the pages, and the one place where errors become a line on the page."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `streamlit run app/main.py` puts app/ on the path, not the repository
    sys.path.insert(0, str(ROOT))

from app import session  # noqa: E402
from app.collector import set_modules_apart  # noqa: E402
from app.components.errors import shown_errors  # noqa: E402

st.set_page_config(page_title="LMMRec Studio", page_icon=str(ROOT / "assets" / "logo" / "mark.png"), layout="wide")
st.logo(str(ROOT / "assets" / "logo" / "logo.svg"), icon_image=str(ROOT / "assets" / "logo" / "mark.svg"), size="large")
page = st.navigation(session.pages())
session.restore()
with shown_errors():
    page.run()
set_modules_apart()
