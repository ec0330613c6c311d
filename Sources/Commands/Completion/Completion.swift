import ArgumentParser
import Glibc
import Reports
import StorageIO

/// `strata __complete WORD…`: what the last word may become, for the completion scripts of shells.
///
/// The words are those behind `strata` up to the cursor, without quotes; the last one may be empty. It is no command of the tree, so
/// no help lists it, and it makes only the command that is meant: a key is pressed again sooner than a whole tree is made.
///
/// The first line says which paths the shell adds: `:none`, `:files` or `:dirs`, and behind a blank what of the word stands before the
/// path. Each further line is a candidate for the whole word and, behind a tab, what it is. One that ends in `=`, `:` or a relation of
/// a filter goes on without a blank.
enum Completion {
    static let verb = "__complete"

    /// Prints the candidates and returns the exit status; the scripts show nothing of an error.
    static func run(_ words: [String]) -> Int32 {
        do {
            let answer = try answer(to: words)
            try Output.write(answer.text, .format)
            return 0
        } catch {
            return FailureReport(error, isJSON: false).print()
        }
    }

    private static func answer(to words: [String]) throws -> CompletionAnswer {
        let line = try CompletionLine(words)
        switch line.place {
        case .verb(let group): return CompletionAnswer(verbs(of: group), beginning: line.current)
        case .optionName: return CompletionAnswer(line.optionNames, beginning: line.current)
        case .value(let argument, let before):
            let subject = CompletionSubject(of: argument, in: line)
            let source = try CompletionSource(store: try line.storePath())
            let text = String(decoding: line.current.utf8.dropFirst(before.utf8.count), as: UTF8.self)
            return try source.answer(for: subject, text: text).behind(before)
        case .nothing: return CompletionAnswer()
        case .otherProgram: return CompletionAnswer(paths: .files)
        }
    }

    private static func verbs(of group: any ParsableCommand.Type) -> [CompletionCandidate] {
        group.configuration.subcommands.map { CompletionCandidate($0._commandName, about: $0.configuration.abstract) }
    }
}
