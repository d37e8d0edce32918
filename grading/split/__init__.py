"""The mark is protected: test cells run in the grader, answers in a kernel of their own."""
