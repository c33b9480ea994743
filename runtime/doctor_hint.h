/*
 * Which failures `husk doctor` can explain.
 *
 * Uses: husk.h.    Used by: serve.c, spawn.c.
 */
#ifndef HUSK_RUNTIME_DOCTOR_HINT_H
#define HUSK_RUNTIME_DOCTOR_HINT_H

struct husk_error;

/* @err comes from system call @call, made for a container.  If that is one which the host may refuse
 * to this user, whatever it is made with, and there is no hint yet, point to the doctor. */
void rt_hint_doctor(const char *call, struct husk_error *err);

#endif /* HUSK_RUNTIME_DOCTOR_HINT_H */
