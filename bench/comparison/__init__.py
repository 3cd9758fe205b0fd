"""The parts of bench/compare.py: who is timed (engine, python_side), on what (workloads), and one module per table.

The parent process uses the standard library only; what needs packages runs in processes of its own (workers/).
"""
