"""Prompts: templates of what a model is asked, their versions, their files, and those that ship."""
