import ArgumentParser
import ContentDigest
import Diagnostics
import FileTrees
import Foundation
import RootfsAssembly

/// The entry: parses, runs the subcommand in a task that signals cancel, and turns every outcome into an exit status.
@main
enum Program {
    static func main() async {
        returnLargeBuffers()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let fault = libcryptoFault() {
            printToStandardError("error: \(fault): reinstall libssl3")
            exit(Diagnostics.ExitCode.unavailable.rawValue)
        }
        // A reader that goes away (`stonebake plan | head`) is an error of write(2), not the end of a build's clean-up.
        signal(SIGPIPE, SIG_IGN)
        let interrupts = Interrupts()
        let work = Task { await run(arguments) }
        interrupts.onFirst { work.cancel() }
        let code = await work.value
        if let signal = interrupts.received { endBySignal(signal) }
        exit(code)
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try Stonebake.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitCode.done.rawValue
        } catch {
            return report(error)
        }
    }

    /// Prints what has not been printed yet and chooses the exit status.
    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let ended as RunEnded:
            return ended.exitCode.rawValue
        case let failure as any Failure:
            printDiagnostics(failure.diagnostics, as: .text)
            return failure.exitCode.rawValue
        case is CancellationError:
            return ExitCode.tryAgain.rawValue
        default:
            break
        }
        let code = Stonebake.exitCode(for: error)
        let message = Stonebake.fullMessage(for: error)
        if code == .success {
            print(message)
            return ExitCode.done.rawValue
        }
        printToStandardError(message)
        // ArgumentParser says EX_USAGE (64); our documented status for a wrong call is 2.
        return code == .validationFailure ? ExitCode.usage.rawValue : ExitCode.defect.rawValue
    }

    /// Ends as the signal would have ended us, so that shells and `make` see an interrupt and not a failure.
    private static func endBySignal(_ number: Int32) -> Never {
        signal(number, SIG_DFL)
        kill(getpid(), number)
        exit(128 + number)
    }
}

/// A subcommand that has told everything already and only sets the exit status.
struct RunEnded: Error {
    let exitCode: Diagnostics.ExitCode
}

private typealias ExitCode = Diagnostics.ExitCode

func printToStandardError(_ text: String) {
    // Standard error may be closed; there is nowhere left to say so.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}
