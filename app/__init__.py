"""The shell around the pages: session, components and charts. No algorithm lives here."""
