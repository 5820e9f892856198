// swift run -c release window-example
for line in try lines() { print(line) }
