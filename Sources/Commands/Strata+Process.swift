import ContainerRuntime
import Glibc
import Operations
import StorageIO

/// The program as a process: what its first word makes of it.
extension Strata {
    /// Parses the process's arguments, runs the command and ends the process with its exit status.
    package static func runAndExit() -> Never {
        ProcessMemory.returnLargeBlocks()
        let words: [String]
        do { words = try ProcessArguments.words() } catch {
            Process.end(tell(error, of: ProcessArguments.repairedWords))
        }
        runAsHelper(words)
        if let status = StrataVersion.answer(words) { Process.end(status) }
        let status = status(of: words, inOwnProcess: true)
        Process.yieldToSignal()
        Process.end(status)
    }

    /// Is one of this program's own processes around a container, where `words` say so, and ends with it; else returns.
    private static func runAsHelper(_ words: [String]) {
        let rest = Array(words.dropFirst())
        // A process that is to become a container's first one has one thread, and none of the rest.
        if words.count == 2, words[0] == Confinement.verb { Confinement.run(planAt: words[1]) }
        if words.count == 2, words[0] == TreeTask.verb {
            Process.end(TreeTask.run(at: words[1], describe: ErrorSentence.copying))
        }
        switch words.first {
        case BackgroundKeeper.verb?:
            let findProgram = { () throws(RuntimeError) in
                Process.watchSignals()
                return try RuntimeProgram.find()
            }
            Process.end(
                BackgroundKeeper.run(
                    rest, findProgram, now: { Clock.now }, removing: NamedContainers.noteUse(of:at:),
                    describe: { ErrorSentence($0).message }))
        case BackgroundCall.verb?:
            Process.end(BackgroundCall.run(rest, describe: { ErrorSentence($0).message }) { Process.watchSignals() })
        case StreamDrain.verb?: Process.end(StreamDrain.run(rest))
        case Completion.verb?: Process.end(Completion.run(rest))
        case ProgramWatch.verb?: Process.end(ProgramWatch.run(rest))
        case PauseWatch.verb?: Process.end(PauseWatch.run(rest))
        default: break
        }
    }
}
