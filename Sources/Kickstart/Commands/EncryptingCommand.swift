package import Diagnostics

/// A command that makes something which `--encrypted` encrypts.
package protocol EncryptingCommand {
    var passphrase: Located<String>? { get }
    var escrowcert: Located<String>? { get }
    var backuppassphrase: Located<Bool> { get }
    var cipher: Located<String>? { get }
    var luksVersion: Located<String>? { get }
    var pbkdf: Located<String>? { get }
    /// KiB.
    var pbkdfMemory: Located<Int>? { get }
    /// Milliseconds.
    var pbkdfTime: Located<Int>? { get }
    var pbkdfIterations: Located<Int>? { get }
}

extension PartitionCommand: EncryptingCommand {}
extension LogicalVolumeCommand: EncryptingCommand {}
extension AutoPartCommand: EncryptingCommand {}
