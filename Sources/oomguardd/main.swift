internal import Glibc
internal import GuardDaemon

exit(Program.run(Array(CommandLine.arguments.dropFirst())))
