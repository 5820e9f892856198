import Faultline

extension LanguageReference {
    static let syntax = """
        # The scenario language

        A scenario program is a text file (`NAME.fl`): system calls and accesses of memory that a few processes make, one after
        the other. The same program runs on the simulator and on a live Linux kernel. What each statement did is written down as
        a recording, and both recordings must have the same bytes.

        This text is made from the tables that the program itself uses; `faultline help language` prints it, and
        `faultline help CALL` prints what it says of one call.

        ## Statements

        A line holds one statement. `#` begins a comment, which ends with its line. Empty lines do nothing. Lines count from 1.

            [PROCESS:] [NAME =] CALL(ARGUMENT, ...) [=> OUTCOME]
            NAME = EXPRESSION
            [PROCESS:] [NAME =] repeat N CALL(ARGUMENT, ...) [=> OUTCOME]

        NAME takes what the call gives: its value, a descriptor, an id; after an error the negative errno, after a signal
        -EFAULT. Names are global and begin with a small letter; letters, digits and `_` follow. An argument is an expression, a
        string in double quotes, or the name of a process, as the call demands. A call is never an argument: assign it first.

        `repeat` makes a call N times, as one statement. It stops at the first error or signal. The result is that of the last call
        made; faults and pages are those of all. The arguments are evaluated once. What makes or ends something with a name
        (`fork`, `exit`, `tmpfs_file`, `tmpfs_mount`, `disk_file`) cannot be repeated. A call that goes through all memory, such as
        `ksm_scan`, is made \(Validator.mostScans) times at most.

        A program with a mistake does not run at all. Each mistake is reported with its line, its column and a remedy.

        """

    static let processes = """
        ## Processes

        The first process is `\(Program.firstProcess)`, and it runs what names no process. `c = fork()` makes a process `c`, and `c: CALL(...)`
        runs in it. After its `exit` a process runs nothing. Statements run one at a time, in the order of the lines.

        """

    static let expressions = """
        ## Expressions

        Numbers are 64 bits wide. They are written in decimal or, after `0x`, in hexadecimal; K, M or G behind one multiplies it by
        2^10, 2^20 or 2^30. There are no octal numbers. The operators have the precedence of C; the tightest come first:

            - ~        in front of an operand
            * / %
            + -
            << >>
            &
            |

        Values are signed and wrap around. `/` rounds down, `%` has the sign of the divisor, `>>` keeps the sign. A division by
        zero is a mistake of the program.

        """

    static let expectations = """
        ## Expectations

        `=> OUTCOME` says what the author expects. A run reports each expectation that does not hold; a recording never depends
        on them. OUTCOME is one of

        - an expression, which the result must equal: `=> 0`, `=> W+4K`
        - `ok`: neither an error nor a signal
        - an errno: `=> ENOMEM`
        - `waits`: the statement does not end yet, its process waits for a userfaultfd. Any other outcome of a statement that has to wait is
          compared when it ends
        - a signal and its code: `=> SIGSEGV SEGV_MAPERR`. The signals are \(list(Signal.allCases.map(\.name))); the codes
          \(list(SignalCode.allCases.map(\.rawValue))).
        - for `assert`, figures of smaps: `=> Rss=8 Pss=4`

        """

    static var constants: String {
        let groups = ScenarioConstant.groups.map { group in
            wrapped("- \(group.title): \(group.names.map { "`\($0)`" }.joined(separator: " "))")
                .replacing("\n", with: "\n  ")
        }
        return """
            ## Constants

            They have the values of the Linux x86-64 user API. The language's own are `NULL` (0), `PAGE` (4096), `HPAGE` (2 MiB) and
            `W` (0x\(String(ScenarioConstant.workingAddress, radix: 16))), an address around which nothing is mapped when a program starts.

            \(groups.joined(separator: "\n"))

            """
    }

    private static func list(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: " ") }
}
