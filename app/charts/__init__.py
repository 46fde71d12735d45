"""Pure functions: tables in, plotly figures out. Nothing here knows Streamlit."""
