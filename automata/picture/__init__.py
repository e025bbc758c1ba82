"""How a machine is drawn, stage by stage; `automata/draw.py` is the front.

content (what is shown) → layout (where states go) → curves, routing (how arrows bend) → labels (where their labels stand) → svg;
table: a machine too large or too dense for a drawing; cascade: machines in a row; placed: a picture inside another one.
"""
