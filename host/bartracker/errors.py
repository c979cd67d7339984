"""The one error a user ever sees. Every refusal in the house is a BartrackerError; the command line prints its text
and nothing else.
"""


class BartrackerError(ValueError):
    """Input or surroundings that cannot be used: says in one line what was given, what is wrong and what to do.

    `given` is the thing as the user named it (a path, a URI, an option), `problem` what is wrong with it, `remedy`
    what to do now.
    """

    def __init__(self, given: str, problem: str, remedy: str) -> None:
        self.given = given
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{given}: {problem}; {remedy}" if remedy else f"{given}: {problem}")
