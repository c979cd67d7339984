# Starts the sensor. The board comes before everything else: some have to be kept switched on.


def run() -> None:
    from bartracker_fw import boards, store

    board = boards.load(store.board_name())

    from bartracker_fw import app

    app.run(board)
