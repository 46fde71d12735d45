"""How good an extraction is: figures of answers as such, and scores against sentences people labelled."""
