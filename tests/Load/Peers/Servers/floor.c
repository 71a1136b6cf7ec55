/*
 * The floor: what fan-out over plain sockets costs when nothing else is done. One thread, epoll for the few things that arrive, and one send(2)
 * per update and subscriber. No queue: who cannot take an update at once misses it, which the subscribers then report.
 *
 *   floor PORT FEED_PORT
 *
 * PORT: WebSocket, GET /?topics=t0,t1. The load's clients all use the same key, so that the answer to it is a constant.
 * FEED_PORT: records of topic and length, two bytes each (little endian), then the update.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TOPICS = 1024, FDS = 1 << 20, FEED_BYTES = 1 << 18 };
enum kind { NONE, LISTENER, FEED_LISTENER, FEED, CLIENT };

static const char accepted[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char refused[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

static struct topic { int *fds; int count, room; } topics[TOPICS];
static unsigned char kinds[FDS];
static unsigned char feed[FEED_BYTES];
static size_t feed_kept;
static int epoll_fd;

static void fail(const char *what) { perror(what); exit(1); }

static void watch(int fd, enum kind kind)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    kinds[fd] = kind;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void listen_on(int port, enum kind kind)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(fd, 4096) < 0) fail("listen");
    watch(fd, kind);
}

static void take_in(int listener, enum kind kind)
{
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= FDS) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd, kind);
    }
}

static void subscribe(struct topic *topic, int fd)
{
    if (topic->count == topic->room) {
        topic->room = topic->room ? topic->room * 2 : 256;
        topic->fds = realloc(topic->fds, topic->room * sizeof *topic->fds);
        if (!topic->fds) fail("realloc");
    }
    topic->fds[topic->count++] = fd;
}

static void drop(int fd)
{
    for (int t = 0; t < TOPICS; t++)
        for (int i = 0; i < topics[t].count; i++)
            if (topics[t].fds[i] == fd) topics[t].fds[i--] = topics[t].fds[--topics[t].count];
    kinds[fd] = NONE;
    close(fd);
}

/* Heads come in one piece over loopback; what comes later from a client is not looked at. */
static void from_client(int fd)
{
    char head[8192];
    ssize_t read = recv(fd, head, sizeof head - 1, 0);
    if (read < 0 && errno == EAGAIN) return;
    if (read <= 0) { drop(fd); return; }
    head[read] = 0;
    if (strncmp(head, "GET ", 4) != 0) return;
    char *line = strstr(head, "\r\n"), *names = strstr(head, "topics=");
    if (!line || !names || names > line) {
        send(fd, refused, sizeof refused - 1, MSG_NOSIGNAL);
        drop(fd);
        return;
    }
    for (char *at = names + 7; *at == 't';) {
        long topic = strtol(at + 1, &at, 10);
        if (topic >= 0 && topic < TOPICS) subscribe(&topics[topic], fd);
        if (*at == ',') at++;
    }
    send(fd, accepted, sizeof accepted - 1, MSG_NOSIGNAL);
}

static void fan_out(int number, const unsigned char *update, size_t length)
{
    unsigned char frame[4 + 65536];
    size_t header = length < 126 ? 2 : 4;
    frame[0] = 0x81;
    if (header == 2) {
        frame[1] = (unsigned char)length;
    } else {
        frame[1] = 126;
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
    }
    memcpy(frame + header, update, length);
    const struct topic *topic = &topics[number % TOPICS];
    for (int i = 0; i < topic->count; i++) send(topic->fds[i], frame, header + length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void from_feed(int fd)
{
    ssize_t read = recv(fd, feed + feed_kept, sizeof feed - feed_kept, 0);
    if (read < 0 && errno == EAGAIN) return;
    if (read <= 0) { feed_kept = 0; close(fd); return; }
    size_t all = feed_kept + (size_t)read, used = 0;
    while (all - used >= 4) {
        size_t length = feed[used + 2] | (size_t)feed[used + 3] << 8;
        if (all - used < 4 + length) break;
        fan_out(feed[used] | feed[used + 1] << 8, feed + used + 4, length);
        used += 4 + length;
    }
    feed_kept = all - used;
    memmove(feed, feed + used, feed_kept);
}

int main(int argc, char **argv)
{
    if (argc != 3) { fprintf(stderr, "floor PORT FEED_PORT\n"); return 2; }
    epoll_fd = epoll_create1(0);
    listen_on(atoi(argv[1]), LISTENER);
    listen_on(atoi(argv[2]), FEED_LISTENER);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll_fd, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            switch (kinds[fd]) {
            case LISTENER: take_in(fd, CLIENT); break;
            case FEED_LISTENER: take_in(fd, FEED); break;
            case FEED: from_feed(fd); break;
            case CLIENT: from_client(fd); break;
            }
        }
    }
}
