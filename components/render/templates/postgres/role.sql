\set password `cat §{password_file}`
SELECT 'CREATE ROLE §{name} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '§{name}') \gexec
ALTER ROLE §{name} PASSWORD :'password';
SELECT 'CREATE DATABASE §{name} OWNER §{name}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '§{name}') \gexec
REVOKE CONNECT ON DATABASE §{name} FROM PUBLIC;
