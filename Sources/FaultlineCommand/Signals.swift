import Glibc

/// The signals by which a user ends the command.
enum Signals {
    /// Lets them through, also where the parent of the command had blocked them: a thread of a pool, for one.
    static func unblockEndings() {
        var endings = sigset_t()
        sigemptyset(&endings)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&endings, signal) }
        pthread_sigmask(SIG_UNBLOCK, &endings, nil)
    }
}
