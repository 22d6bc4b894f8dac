// flood SOCKET: sends journal entries to a datagram socket until it takes no more, and prints how many it took.
// With the reader stopped, the socket is then as full as a log flood would leave it.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int count, char **arguments) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (count != 2 || strlen(arguments[1]) >= sizeof to.sun_path) return 2;
  strcpy(to.sun_path, arguments[1]);
  static const char entry[] = "MESSAGE=flood\nPRIORITY=7\n";
  int socket_, sent = 0;
  // A sender's own buffer may fill before the receiver's queue: a new sender goes on from there.
  for (int refused = 0; refused < 2;) {
    if ((socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0) return 1;
    int took = 0;
    while (sendto(socket_, entry, sizeof entry - 1, 0, (struct sockaddr *)&to, sizeof to) > 0) took++;
    if (errno != EAGAIN) return perror(arguments[1]), 1;
    refused = took ? 0 : refused + 1;
    sent += took;
  }
  printf("%d\n", sent);
}
