// The least that protecting by name can cost: connector COMM SCORE
//
// Listens to the process connector through a socket filter that passes exec events alone; for each, reads the
// process's comm and writes its oom_score_adj if it is COMM. Nothing else is checked. Prints "ready" once it listens.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *wanted, *score;

static int open_of(pid_t pid, const char *name, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return open(path, flags | O_CLOEXEC);
}

static void protect_if_wanted(pid_t pid) {
  char comm[64];
  int file = open_of(pid, "comm", O_RDONLY);
  if (file == -1) return;
  ssize_t length = read(file, comm, sizeof comm);
  close(file);
  if (length < 1 || (size_t)length - 1 != strlen(wanted) || memcmp(comm, wanted, (size_t)length - 1) != 0) return;
  file = open_of(pid, "oom_score_adj", O_WRONLY);
  if (file == -1) return;
  if (write(file, score, strlen(score)) == -1) perror("oom_score_adj");
  close(file);
}

static int listening_socket(void) {
  int connector = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
  if (connector == -1 || bind(connector, (struct sockaddr *)&address, sizeof address) == -1) return -1;
  unsigned what = NLMSG_HDRLEN + sizeof(struct cn_msg) + offsetof(struct proc_event, what);
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, what),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXEC), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};
  if (setsockopt(connector, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == -1) return -1;
  struct {
    struct nlmsghdr header;
    unsigned char rest[sizeof(struct cn_msg) + sizeof(enum proc_cn_mcast_op)];
  } request = {.header = {.nlmsg_len = sizeof request, .nlmsg_type = NLMSG_DONE}};
  struct cn_msg message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(enum proc_cn_mcast_op)};
  enum proc_cn_mcast_op operation = PROC_CN_MCAST_LISTEN;
  memcpy(request.rest, &message, sizeof message);
  memcpy(request.rest + sizeof message, &operation, sizeof operation);
  return send(connector, &request, sizeof request, 0) == -1 ? -1 : connector;
}

int main(int count, char **words) {
  if (count != 3) return 64;
  wanted = words[1], score = words[2];
  int connector = listening_socket();
  if (connector == -1) return perror("process connector"), 1;
  puts("ready");
  fflush(stdout);
  _Alignas(struct nlmsghdr) char datagram[1024];
  for (;;) {
    ssize_t length = recv(connector, datagram, sizeof datagram, 0);
    if (length < (ssize_t)(NLMSG_HDRLEN + sizeof(struct cn_msg) + sizeof(struct proc_event))) continue;
    struct proc_event event;
    memcpy(&event, datagram + NLMSG_HDRLEN + sizeof(struct cn_msg), sizeof event);
    if (event.what == PROC_EVENT_EXEC) protect_if_wanted(event.event_data.exec.process_tgid);
  }
}
