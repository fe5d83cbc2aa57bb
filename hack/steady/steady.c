/* A container that does nothing until it is told to stop, or, with any argument, nothing at all. */

#include <signal.h>
#include <stddef.h>

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return 0;
    /* The first process of a container is sent no signal that it does not wait for. */
    sigset_t ends;
    int received;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return sigwait(&ends, &received);
}
